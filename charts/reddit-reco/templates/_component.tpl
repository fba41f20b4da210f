{{/* The objects of one verb; none of one that is switched off. Each helper takes root and name. */}}

{{/* One Deployment for each version. */}}
{{- define "reddit-reco.component.deployment" -}}
{{- if include "reddit-reco.entry" . | fromJson }}
{{- $service := include "reddit-reco.service" . | fromJson }}
{{- range $service.versions }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "reddit-reco.fullname" $.root }}-{{ $.name }}-{{ .name }}
  namespace: {{ $.root.Release.Namespace }}
  labels:
    {{- include "reddit-reco.labels" (dict "root" $.root "component" $.name) | nindent 4 }}
    reddit-reco/version: {{ .name }}
spec:
  {{- if not $service.autoscaling.enabled }}
  replicas: {{ .replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels: {{- include "reddit-reco.component.versionSelector" (dict "root" $.root "name" $.name "version" .name) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "reddit-reco.podLabels" (dict "root" $.root "component" $.name) | nindent 8 }}
        reddit-reco/version: {{ .name }}
        # The stable Service goes by this label: a version of weight 0 answers under its own name only.
        reddit-reco/stable: {{ gt (int .weight) 0 | quote }}
    spec: {{- include "reddit-reco.component.podSpec" (dict "root" $.root "name" $.name "service" $service "version" .) | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}

{{/* Takes root, name and version. */}}
{{- define "reddit-reco.component.versionSelector" -}}
{{ include "reddit-reco.selector" .root }}
app.kubernetes.io/component: {{ .name }}
reddit-reco/version: {{ .version }}
{{- end }}

{{/* Takes root, name, service and version. */}}
{{- define "reddit-reco.component.podSpec" -}}
{{ include "reddit-reco.pod" (dict "root" .root "serviceAccount" .name) }}
terminationGracePeriodSeconds: {{ .service.terminationGracePeriodSeconds }}
{{ include "reddit-reco.spread" (dict "root" .root "component" .name "version" .version.name) }}
containers:
  - name: {{ .name }}
    image: {{ include "reddit-reco.component.image" . }}
    imagePullPolicy: {{ .root.Values.imagePullPolicy }}
    securityContext: {{- include "reddit-reco.containerSecurity" . | nindent 6 }}
    ports:
      - {name: http, containerPort: {{ (include "reddit-reco.entry" . | fromJson).port }}}
      - {name: metrics, containerPort: 9090}
    env: {{- include "reddit-reco.component.env" . | nindent 6 }}
    resources: {{- toYaml .service.resources | nindent 6 }}
    {{- include "reddit-reco.component.probes" . | nindent 4 }}
    lifecycle:
      preStop:
        sleep: {seconds: {{ .service.drainSeconds }}}
    volumeMounts: {{- include "reddit-reco.component.volumeMounts" . | nindent 6 }}
volumes: {{- include "reddit-reco.component.volumes" . | nindent 2 }}
{{- end }}

{{/* The image of a version. Takes root, name, service and version. */}}
{{- define "reddit-reco.component.image" -}}
{{- $image := merge (dict "tag" (.version.tag | default .service.image.tag)) .service.image -}}
{{- include "reddit-reco.image" (dict "root" .root "image" $image "repository" (printf "reddit-reco/%s" .name)) -}}
{{- end }}

{{/* /readyz may come and go with what a verb depends on; only a process that does not answer at all is restarted. */}}
{{- define "reddit-reco.component.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 1
  failureThreshold: 120
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 5
  timeoutSeconds: 10
  failureThreshold: 2
{{- end }}

{{/* Takes root, name, service and version. */}}
{{- define "reddit-reco.component.env" -}}
{{- $entry := include "reddit-reco.entry" . | fromJson -}}
{{- $env := dict "PORT" $entry.port "METRICS_PORT" 9090 "VERSION" .version.name -}}
{{- $_ := set $env "LOG_LEVEL" .root.Values.logLevel -}}
{{- $_ := set $env "OPEN_READING" .root.Values.openReading -}}
{{- $_ := set $env "BASE_PATH" .root.Values.basePath -}}
{{- $_ := set $env "TRUSTED_PROXIES" .root.Values.trustedProxies -}}
{{- $_ := set $env "JWKS_FILE" "/etc/reddit-reco/jwks/jwks.json" -}}
{{- if $entry.scopes }}{{ $_ := set $env "SERVICE_TOKEN_FILE" "/etc/reddit-reco/token/token" }}{{ end -}}
{{- if $entry.database }}{{ $_ := set $env "MONGODB_DATABASE" $entry.database }}{{ end -}}
{{- if has "signing-key" $entry.secrets }}{{ $_ := set $env "SIGNING_KEY_FILE" "/etc/reddit-reco/signing-key/key.json" }}{{ end -}}
{{- if has "admin" $entry.secrets }}{{ $_ := set $env "ADMIN_FOLDER" "/etc/reddit-reco/admin" }}{{ end -}}
{{- if .service.importVolume.existingClaim }}{{ $_ := set $env "IMPORT_DIR" .service.importVolume.mountPath }}{{ end -}}
{{- $env = merge $env (include "reddit-reco.oidc.env" . | fromJson) -}}
{{- range include "reddit-reco.callees" (dict "root" .root "name" .name) | fromJsonArray -}}
{{- $url := printf "http://%s-%s:%v" (include "reddit-reco.fullname" $.root) . (include "reddit-reco.entry" (dict "root" $.root "name" .) | fromJson).port -}}
{{- $_ := set $env (printf "%s_URL" (upper .)) $url -}}
{{- end -}}
{{- range $name, $value := merge (deepCopy (.version.env | default dict)) .service.env }}{{ $_ := set $env $name $value }}{{ end -}}
{{- if $entry.database }}
{{- include "reddit-reco.mongodbUriEnv" (dict "root" .root "name" .name) }}
{{- end }}
{{- include "reddit-reco.env" $env }}
{{- end }}

{{- define "reddit-reco.component.volumeMounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: jwks, mountPath: /etc/reddit-reco/jwks, readOnly: true}
{{- if (include "reddit-reco.entry" . | fromJson).scopes }}
- {name: token, mountPath: /etc/reddit-reco/token, readOnly: true}
{{- end }}
{{- range (include "reddit-reco.entry" . | fromJson).secrets }}
- {name: {{ . }}, mountPath: /etc/reddit-reco/{{ . }}, readOnly: true}
{{- end }}
{{- if include "reddit-reco.oidc.asks" . }}
- {name: oidc, mountPath: /etc/reddit-reco/oidc, readOnly: true}
{{- end }}
{{- if .service.dataSizeLimit }}
- {name: data, mountPath: /var/lib/reddit-reco}
{{- end }}
{{- if .service.importVolume.existingClaim }}
- {name: imports, mountPath: {{ .service.importVolume.mountPath }}, readOnly: true}
{{- end }}
{{- end }}

{{/* Secrets are mounted as folders: a changed key arrives without a restart. */}}
{{- define "reddit-reco.component.volumes" -}}
{{- $fullname := include "reddit-reco.fullname" .root -}}
- name: tmp
  emptyDir: {sizeLimit: {{ .service.tmpSizeLimit }}}
- name: jwks
  secret: {secretName: {{ $fullname }}-jwks}
{{- if (include "reddit-reco.entry" . | fromJson).scopes }}
- name: token
  secret: {secretName: {{ $fullname }}-token-{{ .name }}}
{{- end }}
{{- range (include "reddit-reco.entry" . | fromJson).secrets }}
- name: {{ . }}
  secret: {secretName: {{ $fullname }}-{{ . }}}
{{- end }}
{{- if include "reddit-reco.oidc.asks" . }}
- name: oidc
  secret: {secretName: {{ .root.Values.oidc.existingSecret }}}
{{- end }}
{{- with .service.dataSizeLimit }}
- name: data
  emptyDir: {sizeLimit: {{ . }}}
{{- end }}
{{- with .service.importVolume.existingClaim }}
- name: imports
  persistentVolumeClaim: {claimName: {{ . }}, readOnly: true}
{{- end }}
{{- end }}

{{/* The stable Service, and one for each version. */}}
{{- define "reddit-reco.component.service" -}}
{{- if include "reddit-reco.entry" . | fromJson }}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "reddit-reco.fullname" .root }}-{{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "reddit-reco.labels" (dict "root" .root "component" .name) | nindent 4 }}
spec:
  selector:
    {{- include "reddit-reco.selector" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .name }}
    reddit-reco/stable: "true"
  ports:
    - {name: http, port: {{ (include "reddit-reco.entry" . | fromJson).port }}, targetPort: http, appProtocol: http}
{{- range (include "reddit-reco.service" . | fromJson).versions }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "reddit-reco.fullname" $.root }}-{{ $.name }}-{{ .name }}
  namespace: {{ $.root.Release.Namespace }}
  labels:
    {{- include "reddit-reco.labels" (dict "root" $.root "component" $.name) | nindent 4 }}
    reddit-reco/version: {{ .name }}
spec:
  selector: {{- include "reddit-reco.component.versionSelector" (dict "root" $.root "name" $.name "version" .name) | nindent 4 }}
  ports:
    - {name: http, port: {{ (include "reddit-reco.entry" $ | fromJson).port }}, targetPort: http, appProtocol: http}
{{- end }}
{{- end }}
{{- end }}

{{- define "reddit-reco.component.serviceaccount" -}}
{{- if include "reddit-reco.entry" . | fromJson }}
{{ include "reddit-reco.serviceAccount" (dict "root" .root "component" .name) }}
{{- end }}
{{- end }}

{{- define "reddit-reco.component.pdb" -}}
{{- if include "reddit-reco.entry" . | fromJson }}
{{ include "reddit-reco.pdb" (dict "root" .root "component" .name) }}
{{- end }}
{{- end }}

{{/* One HorizontalPodAutoscaler for each version, if switched on. */}}
{{- define "reddit-reco.component.hpa" -}}
{{- if include "reddit-reco.entry" . | fromJson }}
{{- $service := include "reddit-reco.service" . | fromJson }}
{{- if $service.autoscaling.enabled }}
{{- range $service.versions }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "reddit-reco.fullname" $.root }}-{{ $.name }}-{{ .name }}
  namespace: {{ $.root.Release.Namespace }}
  labels:
    {{- include "reddit-reco.labels" (dict "root" $.root "component" $.name) | nindent 4 }}
    reddit-reco/version: {{ .name }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "reddit-reco.fullname" $.root }}-{{ $.name }}-{{ .name }}
  minReplicas: {{ $service.autoscaling.minReplicas }}
  maxReplicas: {{ $service.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ $service.autoscaling.targetCPUUtilizationPercentage }}}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
