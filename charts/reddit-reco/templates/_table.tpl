{{/* The table, read: who calls whom, and what a verb runs with. Helpers here answer in JSON. */}}

{{/*
The verbs that are switched on: `components` without the others, and without the edges and streams that lead to those.
Everything but the validation goes by this, so that nothing is left of a verb that is off.
*/}}
{{- define "reddit-reco.table" -}}
{{- $off := include "reddit-reco.off" . | fromJsonArray -}}
{{- $table := dict -}}
{{- range $name, $entry := .Values.components -}}
{{- if not (has $name $off) -}}
{{- $kept := deepCopy $entry -}}
{{- range $other := $off -}}
{{- range $edges := list "calls" "callers" }}{{ $_ := set $kept $edges (without (get $kept $edges | default list) $other) }}{{ end -}}
{{- end -}}
{{- $syncs := list -}}
{{- range $entry.syncs }}{{ if not (has .from $off) }}{{ $syncs = append $syncs . }}{{ end }}{{ end -}}
{{- $_ := set $kept "syncs" $syncs -}}
{{- $_ := set $table $name $kept -}}
{{- end -}}
{{- end -}}
{{- $table | toJson -}}
{{- end }}

{{/* Names of the verbs that are switched off. */}}
{{- define "reddit-reco.off" -}}
{{- $off := list -}}
{{- range $name, $entry := .Values.components -}}
{{- if not (dig "enabled" true $entry) }}{{ $off = append $off $name }}{{ end -}}
{{- end -}}
{{- $off | toJson -}}
{{- end }}

{{/* A verb's entry; empty for one that is not there, or switched off. Takes root and name. */}}
{{- define "reddit-reco.entry" -}}
{{- get (include "reddit-reco.table" .root | fromJson) .name | default dict | toJson -}}
{{- end }}

{{/* Verbs that have a folder of their own under templates/; `added/` makes the others. */}}
{{- define "reddit-reco.folders" -}}
["posts", "ingest", "search", "login", "tag", "like", "hide", "share", "recommend", "image", "web"]
{{- end }}

{{/* Verbs in the table that have no folder. */}}
{{- define "reddit-reco.added" -}}
{{- $folders := include "reddit-reco.folders" . | fromJsonArray -}}
{{- $added := list -}}
{{- range $name, $_ := include "reddit-reco.table" . | fromJson -}}
{{- if not (has $name $folders) }}{{ $added = append $added $name }}{{ end -}}
{{- end -}}
{{- $added | toJson -}}
{{- end }}

{{/*
What a verb runs with: serviceDefaults, and services.<name> over it, two levels deep. (mergeOverwrite does not let
false, 0 and "" win.) Takes root and name.
*/}}
{{- define "reddit-reco.service" -}}
{{- $merged := deepCopy .root.Values.serviceDefaults -}}
{{- range $key, $value := get .root.Values.services .name | default dict -}}
{{- if and (kindIs "map" $value) (ne $key "env") -}}
{{- range $inner, $own := $value }}{{ $_ := set (get $merged $key) $inner $own }}{{ end -}}
{{- else -}}
{{- $_ := set $merged $key $value -}}
{{- end -}}
{{- end -}}
{{- $merged | toJson -}}
{{- end }}

{{/* Who may call a verb: its callers, and those whose `calls` name it. Takes root and name. */}}
{{- define "reddit-reco.callers" -}}
{{- $name := .name -}}
{{- $callers := (include "reddit-reco.entry" . | fromJson).callers | default list -}}
{{- range $other, $entry := include "reddit-reco.table" .root | fromJson -}}
{{- if has $name ($entry.calls | default list) }}{{ $callers = append $callers $other }}{{ end -}}
{{- end -}}
{{- $callers | uniq | sortAlpha | toJson -}}
{{- end }}

{{/* Whom a verb calls: its `calls`, and those whose callers name it. Takes root and name. */}}
{{- define "reddit-reco.callees" -}}
{{- $name := .name -}}
{{- $callees := (include "reddit-reco.entry" . | fromJson).calls | default list -}}
{{- range $other, $entry := include "reddit-reco.table" .root | fromJson -}}
{{- if has $name ($entry.callers | default list) }}{{ $callees = append $callees $other }}{{ end -}}
{{- end -}}
{{- $callees | uniq | sortAlpha | toJson -}}
{{- end }}

{{/* name -> database of the verbs that have one. */}}
{{- define "reddit-reco.databases" -}}
{{- $databases := dict -}}
{{- range $name, $entry := include "reddit-reco.table" . | fromJson -}}
{{- with $entry.database }}{{ $_ := set $databases $name . }}{{ end -}}
{{- end -}}
{{- $databases | toJson -}}
{{- end }}

{{/* name -> scopes of the verbs that call others with a token. */}}
{{- define "reddit-reco.tokens" -}}
{{- $tokens := dict -}}
{{- range $name, $entry := include "reddit-reco.table" . | fromJson -}}
{{- with $entry.scopes }}{{ $_ := set $tokens $name . }}{{ end -}}
{{- end -}}
{{- $tokens | toJson -}}
{{- end }}

{{/* "true" if a verb reads the Secret of this name. Takes root and secret. */}}
{{- define "reddit-reco.isRead" -}}
{{- range include "reddit-reco.table" .root | fromJson -}}
{{- if has $.secret (.secrets | default list) }}true{{ end -}}
{{- end -}}
{{- end }}

{{/* Sync's plan: one stream for each entry of `syncs`. */}}
{{- define "reddit-reco.syncPlan" -}}
{{- $streams := list -}}
{{- range $name, $entry := include "reddit-reco.table" . | fromJson -}}
{{- range $entry.syncs -}}
{{- $source := dict "db" (include "reddit-reco.entry" (dict "root" $ "name" .from) | fromJson).database "collection" .stream -}}
{{- $target := dict "db" $entry.database "collection" .collection -}}
{{- $streams = append $streams (dict "stream" .stream "source" $source "target" $target) -}}
{{- end -}}
{{- end -}}
{{- dict "streams" $streams | toPrettyJson -}}
{{- end }}

{{/* Routes of the release, longest path first: a list of {path, name, port}. */}}
{{- define "reddit-reco.routes" -}}
{{- $byLength := dict -}}
{{- range $name, $entry := include "reddit-reco.table" . | fromJson -}}
{{- range $entry.routes -}}
{{- $path := printf "%s%s" $.Values.basePath (eq . "/" | ternary "" .) | default "/" -}}
{{- $key := printf "%03d %s" (sub 999 (len $path)) $path -}}
{{- $_ := set $byLength $key (dict "path" $path "name" $name "port" $entry.port) -}}
{{- end -}}
{{- end -}}
{{- $routes := list -}}
{{- range (keys $byLength | sortAlpha) }}{{ $routes = append $routes (get $byLength .) }}{{ end -}}
{{- $routes | toJson -}}
{{- end }}

{{/* "true" if there are HTTPRoutes. */}}
{{- define "reddit-reco.useGateway" -}}
{{- $known := .Capabilities.APIVersions.Has "gateway.networking.k8s.io/v1/HTTPRoute" -}}
{{- if or (eq .Values.gateway.enabled "true") (and (eq .Values.gateway.enabled "auto") $known .Values.gateway.name) -}}
true
{{- end -}}
{{- end }}
