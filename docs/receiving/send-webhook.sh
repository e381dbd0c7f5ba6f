#!/bin/sh
# Sends a message to a receiver as Millrace does, to try it out; needs openssl and curl. The body
# comes on standard input:
#
#   WEBHOOK_SECRET=whsec_… ./send-webhook.sh http://127.0.0.1:8090/webhooks msg_1 < body.json
#
# Prints the status of the answer. Sent again with the same id it must have no further effect.
set -eu
url=$1 id=$2 timestamp=$(date +%s)

body=$(mktemp)
trap 'rm -f "$body"' EXIT
cat > "$body"

key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
signature=v1,$({ printf '%s.%s.' "$id" "$timestamp"; cat "$body"; } \
  | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)

curl --silent --show-error --max-time 15 --output /dev/null --write-out '%{http_code}\n' \
  --header 'content-type: application/json' \
  --header "webhook-id: $id" \
  --header "webhook-timestamp: $timestamp" \
  --header "webhook-signature: $signature" \
  --data-binary @"$body" "$url"
