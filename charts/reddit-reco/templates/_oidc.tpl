{{/* Signing in with an OpenID provider: what login, which asks it, and web, which shows the button, need. */}}

{{/* "true" if this verb speaks with the provider. Takes root and name. */}}
{{- define "reddit-reco.oidc.asks" -}}
{{- if and .root.Values.oidc.enabled (eq .name "login") }}true{{ end -}}
{{- end }}

{{/* Environment as JSON. Takes root and name. */}}
{{- define "reddit-reco.oidc.env" -}}
{{- $env := dict -}}
{{- $oidc := .root.Values.oidc -}}
{{- if include "reddit-reco.oidc.asks" . -}}
{{- $_ := set $env "OIDC_ISSUER" $oidc.issuer -}}
{{- $_ := set $env "OIDC_CLIENT_ID" $oidc.clientId -}}
{{- $_ := set $env "OIDC_SECRET_FOLDER" "/etc/reddit-reco/oidc" -}}
{{- $_ := set $env "OIDC_REDIRECT_URL" (include "reddit-reco.oidc.redirectUrl" .root) -}}
{{- else if and $oidc.enabled (eq .name "web") -}}
{{- $_ := set $env "OIDC_NAME" $oidc.name -}}
{{- end -}}
{{- $env | toJson -}}
{{- end }}

{{/* Where the provider sends browsers back. Takes the root. */}}
{{- define "reddit-reco.oidc.redirectUrl" -}}
{{- $own := printf "%s://%s%s/sign-in/oidc/callback" (ternary "https" "http" (not (empty .Values.tls.secretName))) .Values.host .Values.basePath -}}
{{- .Values.oidc.redirectUrl | default $own -}}
{{- end }}

{{/* The way to the provider: given, or HTTPS to the world and to nothing private. Takes the root. */}}
{{- define "reddit-reco.oidc.egress" -}}
{{- with .Values.oidc.egress }}
{{- toYaml . }}
{{- else -}}
{{- include "reddit-reco.egress.internet" (regexFind ":[0-9]+$" (urlParse .Values.oidc.issuer).host | trimPrefix ":" | default 443) }}
{{- end }}
{{- end }}

{{- define "reddit-reco.validateOidc" -}}
{{- with .Values.oidc -}}
{{- if .enabled -}}
{{- if not .name }}{{ fail "oidc.name: what should the button on the sign-in page call the provider?" }}{{ end -}}
{{- if not .issuer }}{{ fail "oidc.issuer: which provider? Write it exactly as its own .well-known/openid-configuration does" }}{{ end -}}
{{- if not .clientId }}{{ fail "oidc.clientId: the provider has to know this site; register it there" }}{{ end -}}
{{- if not .existingSecret }}{{ fail "oidc.existingSecret: name the Secret with client-secret" }}{{ end -}}
{{- if and (not .redirectUrl) (or (not $.Values.host) (contains "*" $.Values.host)) -}}
{{- fail "oidc.redirectUrl: set it, or one host: the provider must know where to send browsers back" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
