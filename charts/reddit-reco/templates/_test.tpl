{{/* A pod of `helm test` that asks URLs. It runs the first verb's image: its Python, and the chassis. Takes root, test and urls. */}}
{{- define "reddit-reco.test" -}}
{{- $name := keys (include "reddit-reco.table" .root | fromJson) | sortAlpha | first }}
{{- $service := include "reddit-reco.service" (dict "root" .root "name" $name) | fromJson }}
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "reddit-reco.fullname" .root }}-test-{{ .test }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "reddit-reco.podLabels" (dict "root" .root "component" "test") | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  {{- include "reddit-reco.pod" (dict "root" .root "serviceAccount" $name) | nindent 2 }}
  restartPolicy: Never
  containers:
    - name: probe
      image: {{ include "reddit-reco.component.image" (dict "root" .root "name" $name "service" $service "version" (first $service.versions)) }}
      imagePullPolicy: {{ .root.Values.imagePullPolicy }}
      command: [python3, -m, reddit_reco_chassis.probe, --wait, "60"]
      args: {{- .urls | toYaml | nindent 8 }}
      securityContext: {{- include "reddit-reco.containerSecurity" . | nindent 8 }}
      resources:
        requests: {cpu: 10m, memory: 32Mi}
        limits: {memory: 128Mi}
{{- end }}

{{- define "reddit-reco.testEgress" -}}
{{- range $name, $entry := include "reddit-reco.table" . | fromJson }}
- to:
    {{- include "reddit-reco.peer" (dict "root" $ "identity" $name) | nindent 4 }}
  ports:
    - {protocol: TCP, port: {{ $entry.port }}}
{{- end }}
{{- end }}
