# Makes an authority, a certificate for the nodes and one for the administrator, and writes them into the objects that
# were made for them. What is there is left as it is; the nodes' Secret is written last and tells.
umask 077
cd /tmp
account=/var/run/secrets/kubernetes.io/serviceaccount
place=https://kubernetes.default.svc/api/v1/namespaces/$NAMESPACE
printf 'Authorization: Bearer %s\n' "$(cat $account/token)" > header

ask() {
  curl --silent --show-error --fail --retry 5 --retry-connrefused --cacert $account/ca.crt --header @header "$@"
}

# Adds files to an object: write <object> <field> <file>...
write() {
  object=$1 field=$2 entries=
  shift 2
  for file in "$@"; do
    entries="$entries${entries:+,}\"$file\":\"$(base64 -w0 "$file")\""
  done
  printf '{"%s":{%s}}' "$field" "$entries" |
    ask --request PATCH --header 'Content-Type: application/merge-patch+json' --data @- "$place/$object" > /dev/null
}

store() {
  keytool "$@" -storetype PKCS12 -storepass:env STORE_PASSWORD
}

# A key of its own and a certificate by the authority: issue <name> <distinguished name> <extension>...
issue() {
  name=$1 subject=$2
  shift 2
  store -genkeypair -keystore "$name.p12" -alias "$name" -keyalg EC -groupname secp256r1 -dname "$subject"
  store -certreq -keystore "$name.p12" -alias "$name" > "$name.csr"
  store -gencert -keystore authority.p12 -alias authority -infile "$name.csr" -outfile "$name.pem" -rfc \
    -validity "$DAYS" "$@"
  store -importcert -noprompt -keystore "$name.p12" -alias authority -file authority.pem
  store -importcert -noprompt -keystore "$name.p12" -alias "$name" -file "$name.pem"
}

ask "$place/secrets/$NODE_SECRET_NAME" > there
if grep -q '"node.p12"' there; then
  echo 'the certificates are there'
  exit
fi

# The authority's key is in no Secret: it signs these two and is gone with the pod.
store -genkeypair -keystore authority.p12 -alias authority -keyalg EC -groupname secp256r1 -validity "$DAYS" \
  -dname 'CN=authority,O=opensearch' -ext bc:c -ext ku:c=keyCertSign
store -exportcert -keystore authority.p12 -alias authority -rfc > authority.pem
store -importcert -noprompt -keystore trust.p12 -alias authority -file authority.pem
issue node "$NODE_SUBJECT" -ext "san=$NODE_NAMES" -ext eku=serverAuth,clientAuth
issue administrator "$ADMINISTRATOR_SUBJECT" -ext eku=clientAuth

write "configmaps/$AUTHORITY" binaryData authority.pem
write "secrets/$ADMINISTRATOR_SECRET_NAME" data administrator.p12 authority.pem
write "secrets/$NODE_SECRET_NAME" data node.p12 trust.p12
