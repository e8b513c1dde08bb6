#!/bin/bash
# A real Apache Kafka broker for tests: one KRaft node on loopback, heap 512 MB. It listens in plain
# text, and with TLS and passwords (user "me", password "open-sesame", PLAIN or SCRAM-SHA-256).
#   kafka_broker.sh start DIR OWNER_PID   prints bootstrap=127.0.0.1:PORT, pid, start_ms, log,
#                                         secure_bootstrap=127.0.0.1:PORT, ca=its certificate
#   kafka_broker.sh start DIR FIRST ID OWNER_PID   a further broker, number ID > 1, of the cluster of
#                                         the one that runs in the folder FIRST; plain text only. It
#                                         may be killed and started again: the first one counts votes
#   kafka_broker.sh status DIR            prints state=running|stopped, and pid, rss_kb, ...
#   kafka_broker.sh stop DIR              prints state=stopped; nothing to stop is no error
# DIR is the caller's: data, log and pid file go there, one broker a folder. The broker ends with
# the process OWNER_PID, whatever way that ends. (A parent would not do: popen puts a shell between.)
# The jars come from Maven Central, once, into ${SLUICE_CACHE:-~/.cache/sluice}/kafka-VERSION.
# Where Java 17 or Maven Central is missing: "SKIPPED: reason" and status 77; with
# SLUICE_REQUIRE_KAFKA=1, as for any other failure, "FAILED: reason" and status 1.
set -u

version=3.9.2
service=kafka
. "$(dirname "${BASH_SOURCE[0]}")/service.sh"

cache=${SLUICE_CACHE:-$HOME/.cache/sluice}/kafka-$version
jars=$cache/jars

missing() { skip "$1" "${SLUICE_REQUIRE_KAFKA:-0}"; }

require_java() {
  command -v java > /dev/null || missing "no java (package openjdk-17-jre-headless)"
  local major
  major=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
  [ "${major:-0}" -ge 17 ] || missing "java is version ${major:-unknown}, Kafka needs 17"
}

# kafka_2.13 brings everything but a log4j, which its own distribution adds too.
write_pom() {
  cat > "$1" << POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sluice.tests</groupId>
  <artifactId>kafka-broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>ch.qos.reload4j</groupId><artifactId>reload4j</artifactId><version>1.2.25</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-reload4j</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
}

# Downloads into a folder of its own, which gets its name when it is complete; one at a time.
fetch_jars() {
  [ ! -d "$jars" ] || return 0
  command -v mvn > /dev/null || missing "no mvn (package maven) to fetch Kafka with"
  mkdir -p "$cache" || fail "cannot write $cache"
  exec 9> "$cache/lock"
  flock -w 600 9 || fail "$cache is locked by another download"
  if [ ! -d "$jars" ]; then
    rm -rf "$cache/incoming"
    write_pom "$cache/pom.xml"
    mvn -B -q -Dstyle.color=never --strict-checksums -f "$cache/pom.xml" \
      org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
      -DincludeScope=runtime -DoutputDirectory="$cache/incoming" > "$cache/mvn.log" 2>&1 ||
      missing "Kafka $version cannot be fetched from Maven Central: $(grep -m 1 ERROR "$cache/mvn.log")"
    mv "$cache/incoming" "$jars"
  fi
  exec 9>&-
}

make_certificate() {
  command -v openssl > /dev/null || missing "no openssl to make a certificate with"
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$dir/kafka-key.pem" -out "$dir/kafka-ca.pem" 2> "$dir/kafka-openssl.log" ||
    fail "no certificate: $(tail -n 1 "$dir/kafka-openssl.log")"
  cat "$dir/kafka-key.pem" "$dir/kafka-ca.pem" > "$dir/kafka-keystore.pem"
}

# write_roles PORT CONTROLLER_PORT SECURE_PORT
write_roles() {
  if [ -n "$first" ]; then
    cat << PROPERTIES
process.roles=broker
node.id=$number
listeners=PLAINTEXT://127.0.0.1:$1
advertised.listeners=PLAINTEXT://127.0.0.1:$1
$(grep '^controller.quorum.voters=' "$first/kafka.properties")
PROPERTIES
  else
    cat << PROPERTIES
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:$1,CONTROLLER://127.0.0.1:$2,SECURE://127.0.0.1:$3
advertised.listeners=PLAINTEXT://127.0.0.1:$1,SECURE://127.0.0.1:$3
controller.quorum.voters=1@127.0.0.1:$2
PROPERTIES
  fi
}

# Old event times must not be deleted as expired: log.retention.ms=-1.
write_configuration() {
  write_roles "$@" > "$dir/kafka.properties"
  cat >> "$dir/kafka.properties" << PROPERTIES
controller.listener.names=CONTROLLER
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location=$dir/kafka-keystore.pem
listener.name.secure.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_me="open-sesame";
listener.name.secure.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
log.dirs=$dir/kafka-data
log.retention.ms=-1
num.network.threads=2
num.io.threads=2
num.partitions=4
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=4194304
PROPERTIES
  cat > "$dir/kafka-log4j.properties" << LOG4J
log4j.rootLogger=WARN,o
log4j.logger.kafka.server.KafkaRaftServer=INFO
log4j.appender.o=org.apache.log4j.ConsoleAppender
log4j.appender.o.layout=org.apache.log4j.PatternLayout
log4j.appender.o.layout.ConversionPattern=%d %p %m (%c)%n
LOG4J
}

java_flags=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true)

format_data() {
  local passwords=(--add-scram 'SCRAM-SHA-256=[name=me,password=open-sesame]')
  [ -z "$first" ] || passwords=()
  java "${java_flags[@]}" -Dlog4j.configuration="file:$dir/kafka-log4j.properties" -cp "$jars/*" \
    kafka.tools.StorageTool format --ignore-formatted -t c2x1aWNlLXRlc3RzLTAwMQ \
    "${passwords[@]}" -c "$dir/kafka.properties" > "$dir/kafka-format.log" 2>&1 ||
    fail "Kafka's storage cannot be formatted: $(tail -n 1 "$dir/kafka-format.log")"
}

has_settled() { grep -q "Kafka Server started" "$(log_file)" || ! is_running; }

attempt_start() {
  local controller
  controller=$(free_port) || fail "no free port"
  secure_port=$(free_port) || fail "no free port"
  [ -n "$first" ] || make_certificate
  write_configuration "$1" "$controller" "$secure_port"
  format_data
  run_service java -Xms256m -Xmx512m "${java_flags[@]}" \
    -Dlog4j.configuration="file:$dir/kafka-log4j.properties" -cp "$jars/*" \
    kafka.Kafka "$dir/kafka.properties"
}

is_ready() { grep -q "Kafka Server started" "$(log_file)" && accepts_connections "$1"; }

usage() { fail "usage: kafka_broker.sh start DIR [FIRST ID] OWNER_PID | status DIR | stop DIR"; }

[ $# -ge 2 ] || usage
dir=$(realpath -m "$2")
first= number=1 owner=${3:-}
if [ $# -eq 5 ]; then
  first=$(realpath -m "$3") number=$4 owner=$5
fi
case $1 in
  start)
    [ -n "$owner" ] || usage
    require_java
    fetch_jars
    start_service bootstrap= 60
    if [ -z "$first" ]; then
      echo "secure_bootstrap=127.0.0.1:$secure_port"
      echo "ca=$dir/kafka-ca.pem"
    fi
    ;;
  status) print_status ;;
  stop) stop_service && print_status ;;
  *) usage ;;
esac
