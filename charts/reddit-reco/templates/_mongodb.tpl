{{/* Host names of the replica set's members, in ordinal order, as JSON. */}}
{{- define "reddit-reco.mongodb.members" -}}
{{- $service := printf "%s-mongodb" (include "reddit-reco.fullname" .) -}}
{{- $members := list -}}
{{- range $ordinal := until (int .Values.mongodb.replicas) -}}
{{- $members = append $members (printf "%s-%d.%s.%s.svc.%s:27017" $service $ordinal $service $.Release.Namespace $.Values.clusterDomain) -}}
{{- end -}}
{{- $members | toJson -}}
{{- end }}

{{/* MONGODB_URI of a verb, or of sync, from its own Secret. Takes root and name. */}}
{{- define "reddit-reco.mongodbUriEnv" -}}
{{- $fullname := include "reddit-reco.fullname" .root -}}
{{- $external := get .root.Values.mongodb.external .name | default dict -}}
{{- $name := printf "%s-mongodb-%s" $fullname .name -}}
{{- if $external.existingSecret }}{{ $name = $external.existingSecret }}{{ else if $external.uri }}{{ $name = printf "%s-external-%s" $fullname .name }}{{ end -}}
- name: MONGODB_URI
  valueFrom:
    secretKeyRef: {name: {{ $name }}, key: {{ $external.key | default "uri" }}}
{{- end }}

{{/* Users of the replica set: each verb owns its database; sync reads the sources and owns its collections in the targets. */}}
{{- define "reddit-reco.mongodb.users" -}}
{{- $users := list -}}
{{- $sync := list -}}
{{- range $name, $database := include "reddit-reco.databases" . | fromJson -}}
{{- $own := dict "db" $database "collections" "*" "actions" "readWrite" -}}
{{- $users = append $users (dict "username" $name "password_file" (printf "/secrets/%s/password" $name) "privileges" (list $own)) -}}
{{- end -}}
{{- range $name, $entry := include "reddit-reco.table" . | fromJson -}}
{{- range $entry.syncs -}}
{{- $source := (include "reddit-reco.entry" (dict "root" $ "name" .from) | fromJson).database -}}
{{- $sync = append $sync (dict "db" $source "collections" "*" "actions" "read") -}}
{{- end -}}
{{- if $entry.syncs -}}
{{- $owned := list "synced_state" "inbox" -}}
{{- range $entry.syncs }}{{ $owned = append $owned .collection }}{{ end -}}
{{- $sync = append $sync (dict "db" $entry.database "collections" ($owned | uniq | sortAlpha) "actions" "readWrite") -}}
{{- end -}}
{{- end -}}
{{- $users = append $users (dict "username" "sync" "password_file" "/secrets/sync/password" "privileges" (uniq $sync)) -}}
{{- dict "users" $users | toPrettyJson -}}
{{- end }}

{{/* A container that runs a command of the agent's image. Takes root and args. */}}
{{- define "reddit-reco.mongodb.agentContainer" -}}
image: {{ include "reddit-reco.image" (dict "root" .root "image" .root.Values.mongodb.agent.image) }}
imagePullPolicy: {{ .root.Values.imagePullPolicy }}
command: [python3, -m, reddit_reco_mongodb]
args: {{ .args | toJson }}
securityContext: {{- include "reddit-reco.containerSecurity" . | nindent 2 }}
resources: {{- toYaml .root.Values.mongodb.agent.resources | nindent 2 }}
{{- end }}

{{/* Where the set is and who its root is, for the agent and for the users Job. */}}
{{- define "reddit-reco.mongodb.agentEnv" -}}
- {name: REPLICA_SET, value: {{ .Values.mongodb.replicaSet }}}
- {name: MEMBERS, value: {{ include "reddit-reco.mongodb.members" . | fromJsonArray | join "," | quote }}}
- {name: ROOT_USERNAME_FILE, value: /secrets/root/username}
- {name: ROOT_PASSWORD_FILE, value: /secrets/root/password}
{{- end }}

{{/* Cache of the storage engine in GB: as set, or by the server's own rule, which without a limit would go by the node's memory. */}}
{{- define "reddit-reco.mongodb.cacheSizeGB" -}}
{{- $limit := (.Values.mongodb.resources.limits | default dict).memory | default 0 -}}
{{- $share := divf (subf (include "reddit-reco.gib" $limit | float64) 1) 2 -}}
{{- .Values.mongodb.cacheSizeGB | default (round (maxf 0.25 $share) 2) -}}
{{- end }}

{{/* A quantity of memory, in GiB. */}}
{{- define "reddit-reco.gib" -}}
{{- $text := kindIs "string" . | ternary (toString .) (int64 . | toString) -}}
{{- $unit := regexFind "[a-zA-Z]*$" $text -}}
{{- $bytes := get (dict "m" 0.001 "" 1 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776) $unit -}}
{{- divf (mulf (trimSuffix $unit $text | float64) $bytes) 1073741824 -}}
{{- end }}
