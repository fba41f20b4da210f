{{/* What the specs of all pods begin with. Takes root, and serviceAccount (the name without the prefix). */}}
{{- define "reddit-reco.pod" -}}
serviceAccountName: {{ include "reddit-reco.fullname" .root }}-{{ .serviceAccount }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.global.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* What every container has: Pod Security "restricted", and a read-only root. */}}
{{- define "reddit-reco.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Spread pods over nodes. Takes root, component and whenUnsatisfiable. */}}
{{- define "reddit-reco.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: {{ .whenUnsatisfiable | default "ScheduleAnyway" }}
    labelSelector:
      matchLabels:
        {{- include "reddit-reco.selector" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
        {{- with .version }}
        reddit-reco/version: {{ . }}
        {{- end }}
{{- end }}

{{/* A ServiceAccount without rights. Takes root and component. */}}
{{- define "reddit-reco.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "reddit-reco.fullname" .root }}-{{ .component }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "reddit-reco.labels" . | nindent 4 }}
automountServiceAccountToken: false
{{- end }}

{{/* One pod of a component may be away at a time, and a broken one may always be evicted. Takes root and component. */}}
{{- define "reddit-reco.pdb" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "reddit-reco.fullname" .root }}-{{ .component }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "reddit-reco.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  {{- if ne .component "mongodb" }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  {{- end }}
  selector:
    matchLabels:
      {{- include "reddit-reco.selector" .root | nindent 6 }}
      app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* The environment of a container, sorted by name. Takes a dict of name -> text. */}}
{{- define "reddit-reco.env" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
