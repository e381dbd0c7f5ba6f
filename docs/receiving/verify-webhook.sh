#!/bin/sh
# Verifies one message by hand; needs openssl. The body comes on standard input, byte for byte:
#
#   WEBHOOK_SECRETS=whsec_… ./verify-webhook.sh "$id" "$timestamp" "$signatures" < body.json
#
# Exit code 0: it is Millrace's; 1: it is not, and why. For looking at a message, not for a server:
# openssl is given the secret on its command line, where others on the machine can read it.
set -eu
id=$1 timestamp=$2 signatures=$3

case $timestamp in
  '' | *[!0-9]*) echo "the timestamp is no number" >&2; exit 1 ;;
esac
age=$(($(date +%s) - timestamp))
if [ "$age" -gt 300 ] || [ "$age" -lt -300 ]; then
  echo "the timestamp is $age seconds old" >&2
  exit 1
fi

# A file, since a variable would lose newlines at the end.
signed=$(mktemp)
trap 'rm -f "$signed"' EXIT
{ printf '%s.%s.' "$id" "$timestamp"; cat; } > "$signed"

for secret in $WEBHOOK_SECRETS; do
  key=$(printf %s "${secret#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
  expected=v1,$(openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary "$signed" | openssl base64 -A)
  for signature in $signatures; do
    if [ "$signature" = "$expected" ]; then
      exit 0
    fi
  done
done
echo "no signature matches" >&2
exit 1
