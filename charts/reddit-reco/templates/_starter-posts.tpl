{{/* The pod of the starter posts: the ingest image, speaking in the name of ingest. */}}
{{- define "reddit-reco.starterPosts.podSpec" -}}
{{- $fullname := include "reddit-reco.fullname" . -}}
{{- $service := include "reddit-reco.service" (dict "root" . "name" "ingest") | fromJson -}}
{{- $context := dict "root" . "name" "ingest" "service" $service "version" (first $service.versions) -}}
{{ include "reddit-reco.pod" (dict "root" . "serviceAccount" "ingest") }}
restartPolicy: Never
initContainers:
  - name: wait
    {{- include "reddit-reco.starterPosts.container" $context | nindent 4 }}
    args: [-m, reddit_reco_chassis.probe, --wait, "600", "http://{{ $fullname }}-posts:{{ (include "reddit-reco.entry" (dict "root" . "name" "posts") | fromJson).port }}/readyz"]
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
containers:
  - name: ingest
    {{- include "reddit-reco.starterPosts.container" $context | nindent 4 }}
    args: [-m, reddit_reco_ingest, /starter/starter-posts.ndjson, --format, {{ .Values.starterPosts.format }}]
    env: {{- include "reddit-reco.component.env" $context | nindent 6 }}
    volumeMounts:
      {{- include "reddit-reco.component.volumeMounts" $context | nindent 6 }}
      - {name: starter, mountPath: /starter, readOnly: true}
volumes:
  {{- include "reddit-reco.component.volumes" $context | nindent 2 }}
  - name: starter
    configMap: {name: {{ $fullname }}-starter-posts}
{{- end }}

{{- define "reddit-reco.starterPosts.container" -}}
image: {{ include "reddit-reco.component.image" . }}
imagePullPolicy: {{ .root.Values.imagePullPolicy }}
command: [python3]
securityContext: {{- include "reddit-reco.containerSecurity" . | nindent 2 }}
resources: {{- toYaml .service.resources | nindent 2 }}
{{- end }}
