#!/usr/bin/env bash
# tests/sam.sh <sam> <place>: `sam build` as infra/DEPLOY.md says it, with something that compiles nothing in place of cargo-lambda:
# whether SAM reads the template with what samconfig.toml.example tells it, finds each function with its binary, calls cargo
# where Cargo.toml's path to functions/release.toml leads there, and leaves the template's loops and secrets to
# CloudFormation.
set -euo pipefail
cd "$(dirname "$0")/.."

export SAM_CLI_TELEMETRY=0 AWS_EC2_METADATA_DISABLED=true
sam=$1
place=$(realpath -m "$2")
rm -rf "$place"
mkdir -p "$place/bin"
CARGO=$(command -v cargo)
cat >"$place/bin/cargo" <<'STANDIN'
#!/usr/bin/env bash
set -euo pipefail
[[ $1 == lambda ]] || exec "$CARGO" "$@"
[[ -f $RELEASE ]] || { echo "no $RELEASE in $PWD" >&2; exit 1; }
before=
for argument in "$@"; do
    [[ $before != --bin ]] || binary=$argument
    before=$argument
done
mkdir -p "$CARGO_TARGET_DIR/lambda/$binary"
echo "$binary" >"$CARGO_TARGET_DIR/lambda/$binary/bootstrap"
STANDIN
# SAM only looks whether there is one.
touch "$place/bin/cargo-lambda"
chmod +x "$place"/bin/*
cp samconfig.toml.example "$place/samconfig.toml"
release=$(sed -n '/^\[workspace.metadata.lambda.build\]/,/^$/ s/^config = \["\(.*\)"\]/\1/p' Cargo.toml)
[[ -n $release ]]

env CARGO="$CARGO" RELEASE="$release" CARGO_TARGET_DIR="$place/target" "PATH=$place/bin:$PATH" \
    "$sam" build --config-file "$place/samconfig.toml" --build-dir "$place/built" >"$place/log" 2>&1 ||
    { cat "$place/log" >&2; exit 1; }

grep --quiet 'Fn::ForEach::McpRoutes:' "$place/built/template.yaml"
# shellcheck disable=SC2016 # CloudFormation's, not the shell's.
grep --quiet --fixed-strings '{{resolve:secretsmanager:${TicketSecret}}}' "$place/built/template.yaml"
wanted=$(sed -n 's/.*BuildProperties: {Binary: \(.*\)}}/\1/p' template.yaml | sort)
built=$(cat "$place"/built/*/bootstrap | sort)
[[ -n $wanted && $built == "$wanted" ]] || { diff <(echo "$wanted") <(echo "$built") >&2; exit 1; }
for command in build deploy; do
    help=$("$sam" "$command" --help)
    [[ $help == *--language-extensions* ]]
done
echo "sam build: $(wc --lines <<<"$built") functions"
