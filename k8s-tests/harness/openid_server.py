"""An OpenID provider of HTTPS; runs in a pod: `python openid_server.py CONFIGURATION CERTIFICATE`.

CONFIGURATION is a folder with `settings.yaml` and `users.yaml`, CERTIFICATE one with `tls.crt` and
`tls.key`.
"""

import shutil
import sys
import tempfile

from nanoidp.app import create_app  # type: ignore[import-untyped]

configuration, certificate = sys.argv[1:]
# The provider locks its configuration, for which the folder must be writable.
own = tempfile.mkdtemp()
shutil.copytree(configuration, own, dirs_exist_ok=True)
create_app(own, strict_config=True).run(
    "0.0.0.0",
    8443,
    threaded=True,
    ssl_context=tuple(f"{certificate}/tls.{x}" for x in ("crt", "key")),
)
