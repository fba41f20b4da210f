{{/* The prefix of all names: at most 30 characters, so that every name made from it fits into 63. */}}
{{- define "reddit-reco.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 30 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 30 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 30 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* Labels by which the release's objects are found; they never change, since selectors are immutable. */}}
{{- define "reddit-reco.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* All labels of an object. Takes root and component. */}}
{{- define "reddit-reco.labels" -}}
{{ include "reddit-reco.selector" .root }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: reddit-reco
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/*
Labels of a pod. `identity` says in whose name a pod speaks: NetworkPolicies go by it. It is not the component, since a
Job may speak for a verb without getting that verb's requests. Takes root, component and, if it differs, identity.
*/}}
{{- define "reddit-reco.podLabels" -}}
{{ include "reddit-reco.selector" .root }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: reddit-reco
reddit-reco/identity: {{ .identity | default .component }}
{{- end }}

{{/* The selector of pods by identity. Takes root and identity. */}}
{{- define "reddit-reco.identitySelector" -}}
{{ include "reddit-reco.selector" .root }}
reddit-reco/identity: {{ .identity }}
{{- end }}

{{/* Reference of an image. Takes root, image, and repository (used if the image names none). */}}
{{- define "reddit-reco.image" -}}
{{- $registry := .image.registry | default .root.Values.global.imageRegistry -}}
{{- $repository := .image.repository | default .repository -}}
{{- $tag := .image.tag | default .root.Chart.AppVersion -}}
{{- with $registry }}{{ . | trimSuffix "/" }}/{{ end }}{{ $repository }}:{{ $tag }}
{{- end }}
