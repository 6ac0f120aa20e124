# Installs the packages named as arguments; runs as root, on Debian and Ubuntu.
#
# The packages postgresql and redis-server would each start a server: an empty
# cluster "main" on port 5432 and a Redis on port 6379. Kakeru runs private
# servers and needs the programs alone, so for the length of this run
#   - a file in createcluster.d keeps postgresql-common from making a cluster,
#   - a policy-rc.d (only where the machine has none) keeps services from starting;
# both are taken away at the end, however it ends. A redis-server, a kamailio or
# an rtpengine that this run brought is not started at boot either. Clusters and services that were there
# before are not touched: nothing here names or stops one.
set -eu
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

cluster=/etc/postgresql-common/createcluster.d/kakeru-install.conf
policy=/usr/sbin/policy-rc.d
ours=

clean() {
	rm -f "$cluster"
	rmdir "${cluster%/*}" 2>/dev/null || true # when it is empty, it was made here
	[ -z "$ours" ] || rm -f "$policy"
}
trap clean EXIT
trap 'exit 130' INT TERM HUP

mkdir -p "${cluster%/*}"
echo 'create_main_cluster = false' >"$cluster"
if [ ! -e "$policy" ]; then
	ours=yes
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
fi

apt-get -q update || echo 'apt-get update failed; going on with the lists that are there' >&2
apt-get -q install -y --no-install-recommends "$@" </dev/null

for package in "$@"; do
	case $package in
	redis-server | kamailio | rtpengine-daemon)
		! command -v systemctl >/dev/null || systemctl --quiet disable "$package.service" 2>/dev/null || true
		;;
	esac
done
