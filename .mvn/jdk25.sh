# Sets JAVA_HOME to a JDK 25, or says what to install and exits with 2. Sourced by ./mvnw and ./millrace.
# The "release" file is read rather than "java -version" run: no JVM start for each candidate.

is_jdk25() {
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] && grep -q '^JAVA_VERSION="25[."]' "$1/release"
}

find_jdk25() {
  if [ -n "${JAVA_HOME:-}" ] && is_jdk25 "$JAVA_HOME"; then
    return 0
  fi
  on_path=$(command -v javac 2>/dev/null) && on_path=$(readlink -f "$on_path" 2>/dev/null) && on_path=${on_path%/bin/javac}
  for candidate in "${on_path:-}" \
      /usr/lib/jvm/* /usr/java/* /opt/jdk* /opt/java/* /opt/*jdk* \
      "${HOME:-/nonexistent}"/.jdks/* "${HOME:-/nonexistent}"/.sdkman/candidates/java/* \
      /Library/Java/JavaVirtualMachines/*/Contents/Home \
      "${HOME:-/nonexistent}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
      /opt/homebrew/opt/openjdk@25/libexec/openjdk.jdk/Contents/Home; do
    if [ -n "$candidate" ] && is_jdk25 "$candidate"; then
      JAVA_HOME=$candidate
      export JAVA_HOME
      return 0
    fi
  done
  cat >&2 <<MESSAGE
millrace: no JDK 25 found.
Looked at JAVA_HOME${JAVA_HOME:+ ($JAVA_HOME is not one)}, the javac on PATH, /usr/lib/jvm, ~/.jdks, SDKMAN and the usual places of macOS.
Install one (Debian, Ubuntu: "apt install openjdk-25-jdk-headless" or Temurin 25; macOS: "brew install openjdk@25";
SDKMAN: "sdk install java 25-tem"), or set JAVA_HOME to it.
MESSAGE
  exit 2
}

find_jdk25
