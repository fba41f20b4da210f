{{/* The fetchers that are switched on, where ingest is: name -> schedule, args, env, secret. */}}
{{- define "reddit-reco.fetchers" -}}
{{- $fetchers := dict -}}
{{- if include "reddit-reco.entry" (dict "root" . "name" "ingest") | fromJson -}}
{{- with .Values.fetchers.reddit -}}
{{- if .enabled -}}
{{- $args := list -}}
{{- range .subreddits }}{{ $args = concat $args (list "--subreddit" .) }}{{ end -}}
{{- $env := merge (deepCopy .env) (dict "FETCH_USER_AGENT" .userAgent "REDDIT_CREDENTIALS" "/etc/reddit-reco/reddit") -}}
{{- $_ := set $fetchers "reddit" (dict "schedule" .schedule "args" $args "env" $env "secret" .existingSecret) -}}
{{- end -}}
{{- end -}}
{{- with .Values.fetchers.hn -}}
{{- if .enabled -}}
{{- $_ := set $fetchers "hn" (dict "schedule" .schedule "args" list "env" .env) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $fetchers | toJson -}}
{{- end }}

{{/* The pod of a fetcher: the ingest image, speaking in the name of ingest. Takes root, name and fetcher. */}}
{{- define "reddit-reco.fetchers.podSpec" -}}
{{- $service := include "reddit-reco.service" (dict "root" .root "name" "ingest") | fromJson -}}
{{- $context := dict "root" .root "name" "ingest" "service" $service "version" (first $service.versions) -}}
{{ include "reddit-reco.pod" (dict "root" .root "serviceAccount" "ingest") }}
restartPolicy: Never
terminationGracePeriodSeconds: 60
containers:
  - name: fetch
    image: {{ include "reddit-reco.component.image" $context }}
    imagePullPolicy: {{ .root.Values.imagePullPolicy }}
    command: [python3, -m, reddit_reco_ingest.fetch, {{ .name }}]
    args: {{ .fetcher.args | toJson }}
    securityContext: {{- include "reddit-reco.containerSecurity" . | nindent 6 }}
    resources: {{- toYaml .root.Values.fetchers.resources | nindent 6 }}
    env:
      {{- include "reddit-reco.component.env" $context | nindent 6 }}
      {{- include "reddit-reco.env" .fetcher.env | nindent 6 }}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
      - {name: token, mountPath: /etc/reddit-reco/token, readOnly: true}
      {{- with .fetcher.secret }}
      - {name: credentials, mountPath: /etc/reddit-reco/reddit, readOnly: true}
      {{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
  - name: token
    secret: {secretName: {{ include "reddit-reco.fullname" .root }}-token-ingest}
  {{- with .fetcher.secret }}
  - name: credentials
    secret: {secretName: {{ . }}}
  {{- end }}
{{- end }}
