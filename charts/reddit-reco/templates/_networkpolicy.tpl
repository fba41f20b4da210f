{{/* A verb's NetworkPolicy: its edges in the table, its database, nothing else. Takes root and name. */}}
{{- define "reddit-reco.component.networkpolicy" -}}
{{- $entry := include "reddit-reco.entry" . | fromJson }}
{{- if and .root.Values.networkPolicy.enabled $entry }}
{{- $callers := include "reddit-reco.callers" . | fromJsonArray }}
{{- $callees := include "reddit-reco.callees" . | fromJsonArray }}
{{- $extra := (include "reddit-reco.service" . | fromJson).egress }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "reddit-reco.fullname" .root }}-{{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "reddit-reco.labels" (dict "root" .root "component" .name) | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "reddit-reco.identitySelector" (dict "root" .root "identity" .name) | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        {{- range append (without $callers "ingress") "test" }}
        {{- include "reddit-reco.peer" (dict "root" $.root "identity" .) | nindent 8 }}
        {{- end }}
        {{- if has "ingress" $callers }}
        {{- include "reddit-reco.outside" .root | nindent 8 }}
        {{- end }}
      ports:
        - {protocol: TCP, port: {{ $entry.port }}}
    {{- include "reddit-reco.metricsRule" .root | nindent 4 }}
  egress:
    {{- range $callees }}
    - to:
        {{- include "reddit-reco.peer" (dict "root" $.root "identity" .) | nindent 8 }}
      ports:
        - {protocol: TCP, port: {{ (include "reddit-reco.entry" (dict "root" $.root "name" .) | fromJson).port }}}
    {{- end }}
    {{- if $entry.database }}
    {{- include "reddit-reco.mongodbEgress" .root | nindent 4 }}
    {{- end }}
    {{- if include "reddit-reco.oidc.asks" . }}
    {{- include "reddit-reco.oidc.egress" .root | nindent 4 }}
    {{- end }}
    {{- with $extra }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
{{- end }}

{{/* The pods that speak in a name. Takes root and identity. */}}
{{- define "reddit-reco.peer" -}}
- podSelector:
    matchLabels: {{- include "reddit-reco.identitySelector" . | nindent 6 }}
{{- end }}

{{/* What counts as the world outside: by default any namespace but ours, where the Ingress controller is. */}}
{{- define "reddit-reco.outside" -}}
{{- with .Values.networkPolicy.ingressFrom }}
{{- toYaml . }}
{{- else -}}
- namespaceSelector:
    matchExpressions:
      - {key: kubernetes.io/metadata.name, operator: NotIn, values: [{{ .Release.Namespace }}]}
{{- end }}
{{- end }}

{{- define "reddit-reco.metricsRule" -}}
- from: {{- .Values.networkPolicy.metricsFrom | default (list (dict "namespaceSelector" dict)) | toYaml | nindent 4 }}
  ports:
    - {protocol: TCP, port: 9090}
{{- end }}

{{/* The way to the database: our own, or one elsewhere, whose address a policy cannot know. */}}
{{- define "reddit-reco.mongodbEgress" -}}
{{- if .Values.mongodb.enabled -}}
- to:
    {{- include "reddit-reco.peer" (dict "root" . "identity" "mongodb") | nindent 4 }}
  ports:
    - {protocol: TCP, port: 27017}
{{- else -}}
- ports:
    - {protocol: TCP, port: 27015, endPort: 27018}
{{- end }}
{{- end }}

{{/* A rule that lets out to the world, and to nothing private. Takes the TCP port. */}}
{{- define "reddit-reco.egress.internet" -}}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: [10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
    - ipBlock:
        cidr: "::/0"
        except: ["fc00::/7", "fe80::/10"]
  ports:
    - {protocol: TCP, port: {{ . }}}
{{- end }}
