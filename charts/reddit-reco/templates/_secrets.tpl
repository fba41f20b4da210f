{{/* What the Secrets Job makes, for SECRETS_FILE. */}}
{{- define "reddit-reco.secrets.file" -}}
{{- $databases := dict -}}
{{- $members := list -}}
{{- if .Values.mongodb.enabled -}}
{{- $databases = set (include "reddit-reco.databases" . | fromJson) "sync" nil -}}
{{- $members = include "reddit-reco.mongodb.members" . | fromJsonArray -}}
{{- end -}}
{{- $admin := include "reddit-reco.isRead" (dict "root" . "secret" "admin") | empty | ternary nil "admin" -}}
{{- $fullname := include "reddit-reco.fullname" . -}}
{{- $labels := include "reddit-reco.selector" . | fromYaml -}}
{{- $selector := printf "app.kubernetes.io/instance=%s,app.kubernetes.io/component=mongodb" .Release.Name -}}
{{- dict "release" $fullname "namespace" .Release.Namespace "replicaSet" .Values.mongodb.replicaSet
  "members" $members "admin" $admin "databases" $databases "tokens" (include "reddit-reco.tokens" . | fromJson)
  "labels" $labels "pvc_selector" $selector | toPrettyJson -}}
{{- end }}

{{/* Names of all Secrets that the Job may touch. */}}
{{- define "reddit-reco.secrets.names" -}}
{{- $names := list "signing-key" "jwks" -}}
{{- if include "reddit-reco.isRead" (dict "root" . "secret" "admin") }}{{ $names = append $names "admin" }}{{ end -}}
{{- if .Values.mongodb.enabled -}}
{{- $names = concat $names (list "mongodb-keyfile" "mongodb-root") -}}
{{- range append (keys (include "reddit-reco.databases" . | fromJson) | sortAlpha) "sync" }}{{ $names = append $names (printf "mongodb-%s" .) }}{{ end -}}
{{- end -}}
{{- range keys (include "reddit-reco.tokens" . | fromJson) | sortAlpha }}{{ $names = append $names (printf "token-%s" .) }}{{ end -}}
{{- $full := list -}}
{{- range $names }}{{ $full = append $full (printf "%s-%s" (include "reddit-reco.fullname" $) .) }}{{ end -}}
{{- $full | toJson -}}
{{- end }}

{{/* Annotations of a hook that runs before everything else. Takes the weight. */}}
{{- define "reddit-reco.secrets.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
