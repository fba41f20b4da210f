// Package dns stands in, at build time, for the list of all DNS providers of the ACME client: they are most
// of what Traefik compiles, and a cluster on one machine asks nobody for certificates through DNS.
package dns

import (
	"fmt"

	"github.com/go-acme/lego/v4/challenge"
)

// NewDNSChallengeProviderByName has no providers to offer.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, fmt.Errorf("built without DNS providers: %s", name)
}
