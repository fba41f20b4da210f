{{/* What a schema cannot say. Each message names the key and what to do. */}}
{{- define "reddit-reco.validate" -}}
{{- $names := keys .Values.components | sortAlpha -}}
{{- range $verb, $_ := .Values.services -}}
{{- if not (has $verb $names) }}{{ fail (printf "services.%s: components has no such entry" $verb) }}{{ end -}}
{{- end -}}
{{- range $name, $entry := .Values.components -}}
{{- include "reddit-reco.validateEdges" (dict "name" $name "entry" $entry "names" $names) -}}
{{- include "reddit-reco.validateSyncs" (dict "name" $name "entry" $entry "table" $.Values.components) -}}
{{- include "reddit-reco.validateVersions" (dict "root" $ "name" $name) -}}
{{- end -}}
{{- include "reddit-reco.validateMongodb" . -}}
{{- include "reddit-reco.validateFetchers" . -}}
{{- include "reddit-reco.validateOidc" . -}}
{{- if and (eq .Values.gateway.enabled "true") (not .Values.gateway.name) -}}
{{- fail "gateway.name: which Gateway should the routes attach to?" -}}
{{- end -}}
{{- if and .Values.tls.secretName (not .Values.host) -}}
{{- fail "host: a certificate is for a host; set it along with tls.secretName" -}}
{{- end -}}
{{- end }}

{{- define "reddit-reco.validateEdges" -}}
{{- range concat (.entry.calls | default list) (without (.entry.callers | default list) "ingress") -}}
{{- if not (has . $.names) }}{{ fail (printf "components.%s: it calls or is called by %s, which components does not have" $.name .) }}{{ end -}}
{{- end -}}
{{- end }}

{{- define "reddit-reco.validateSyncs" -}}
{{- if and .entry.syncs (not .entry.database) }}{{ fail (printf "components.%s.database: sync needs one to copy into" .name) }}{{ end -}}
{{- range .entry.syncs -}}
{{- if not (get $.table .from | default dict).database -}}
{{- fail (printf "components.%s.syncs: %s is not a verb with a database" $.name .from) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "reddit-reco.validateVersions" -}}
{{- $seen := list -}}
{{- $weight := 0 -}}
{{- range (include "reddit-reco.service" . | fromJson).versions -}}
{{- if has .name $seen }}{{ fail (printf "services.%s.versions: %s is there twice" $.name .name) }}{{ end -}}
{{- $seen = append $seen .name -}}
{{- $weight = add $weight .weight -}}
{{- end -}}
{{- if not $weight }}{{ fail (printf "services.%s.versions: no version has a weight, so nothing would answer on the stable path" .name) }}{{ end -}}
{{- end }}

{{- define "reddit-reco.validateFetchers" -}}
{{- with .Values.fetchers.reddit -}}
{{- if .enabled -}}
{{- if not .subreddits }}{{ fail "fetchers.reddit.subreddits: which ones should be fetched?" }}{{ end -}}
{{- if not .existingSecret }}{{ fail "fetchers.reddit.existingSecret: name the Secret with client-id and client-secret" }}{{ end -}}
{{- if not .userAgent }}{{ fail "fetchers.reddit.userAgent: Reddit wants to know who asks" }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "reddit-reco.validateMongodb" -}}
{{- if .Values.mongodb.enabled -}}
{{- if .Values.mongodb.external }}{{ fail "mongodb.external: set mongodb.enabled to false to use databases elsewhere" }}{{ end -}}
{{- else -}}
{{- range append (keys (include "reddit-reco.databases" . | fromJson) | sortAlpha) "sync" -}}
{{- if not (get $.Values.mongodb.external .) -}}
{{- fail (printf "mongodb.external.%s: needs a uri or an existingSecret, since mongodb.enabled is false" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
