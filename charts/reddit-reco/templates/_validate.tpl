{{/* What a schema cannot say. Each message names the key and what to do. */}}
{{- define "reddit-reco.validate" -}}
{{- $names := keys .Values.components | sortAlpha -}}
{{- range $verb, $_ := .Values.services -}}
{{- if not (has $verb $names) }}{{ fail (printf "services.%s: components has no such entry" $verb) }}{{ end -}}
{{- end -}}
{{- range $name, $entry := .Values.components -}}
{{- include "reddit-reco.validateEdges" (dict "name" $name "entry" $entry "names" $names) -}}
{{- include "reddit-reco.validateSyncs" (dict "name" $name "entry" $entry "table" $.Values.components) -}}
{{- include "reddit-reco.validateNeeds" (dict "root" $ "name" $name "entry" $entry) -}}
{{- include "reddit-reco.validateVersions" (dict "root" $ "name" $name) -}}
{{- end -}}
{{- include "reddit-reco.validateOff" . -}}
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

{{- define "reddit-reco.validateNeeds" -}}
{{- $near := include "reddit-reco.callees" (dict "root" .root "name" .name) | fromJsonArray -}}
{{- range .entry.syncs }}{{ $near = append $near .from }}{{ end -}}
{{- $off := include "reddit-reco.off" .root | fromJsonArray -}}
{{- range .entry.needs -}}
{{- if not (or (has . $near) (has . $off) (has $.name $off)) -}}
{{- fail (printf "components.%s.needs: it neither calls %s nor copies from it" $.name .) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* What is switched off must not be missed by what is on. */}}
{{- define "reddit-reco.validateOff" -}}
{{- range $verb := include "reddit-reco.off" . | fromJsonArray -}}
{{- $missed := list -}}
{{- range $name, $entry := include "reddit-reco.table" $ | fromJson -}}
{{- if has $verb ($entry.needs | default list) }}{{ $missed = append $missed $name }}{{ end -}}
{{- end -}}
{{- if $missed -}}
{{- fail (printf "components.%s.enabled: %s cannot work without %s; switch them off, too, or leave %s on" $verb (join ", " $missed) $verb $verb) -}}
{{- end -}}
{{- end -}}
{{- $on := keys (include "reddit-reco.table" . | fromJson) -}}
{{- if not (has "ingest" $on) -}}
{{- range $source, $fetcher := omit .Values.fetchers "resources" -}}
{{- if $fetcher.enabled }}{{ fail (printf "fetchers.%s.enabled: what it fetches comes in through ingest, which is off" $source) }}{{ end -}}
{{- end -}}
{{- if .Values.starterPosts.enabled }}{{ fail "starterPosts.enabled: they come in through ingest, which is off" }}{{ end -}}
{{- end -}}
{{- if and .Values.oidc.enabled (not (has "login" $on)) }}{{ fail "oidc.enabled: people sign in through login, which is off" }}{{ end -}}
{{- end }}

{{- define "reddit-reco.validateVersions" -}}
{{- $service := include "reddit-reco.service" . | fromJson -}}
{{- $scale := $service.autoscaling -}}
{{- $seen := list -}}
{{- $weight := 0 -}}
{{- range $service.versions -}}
{{- if has .name $seen }}{{ fail (printf "services.%s.versions: %s is there twice" $.name .name) }}{{ end -}}
{{- if and .weight (not .replicas) (not $scale.enabled) -}}
{{- fail (printf "services.%s.versions: %s has a weight and no replicas, so nothing would answer its share" $.name .name) -}}
{{- end -}}
{{- $seen = append $seen .name -}}
{{- $weight = add $weight .weight -}}
{{- end -}}
{{- if not $weight }}{{ fail (printf "services.%s.versions: no version has a weight, so nothing would answer on the stable path" .name) }}{{ end -}}
{{- if and $scale.enabled (gt (int $scale.minReplicas) (int $scale.maxReplicas)) -}}
{{- fail (printf "services.%s.autoscaling: minReplicas is more than maxReplicas" .name) -}}
{{- end -}}
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
