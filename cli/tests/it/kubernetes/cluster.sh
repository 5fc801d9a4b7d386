# Runs a cluster of one node in the folder $1 with the programs in the folder $2, until the standard
# input ends. $3, $4 and $5 are the ports of etcd, of its peers, and of the API server, $6 is that of
# the kubelet, $7 the Docker Engine.
cd "$1" || exit
bin=$2 etcd=http://127.0.0.1:$3 peers=http://127.0.0.1:$4 api=$5 node=$6 docker=$7
mkdir -p keys
openssl genrsa -out keys/accounts 2048 || exit
{
    for user in admin:system:masters artist: stranger: controllers:system:masters; do
        name=${user%%:*} group=${user#*:}
        token=canary-$name-0123456789abcdef
        echo "$token,$name,$name,\"$group\""
        printf '%s' "$token" > "keys/$name"
    done
} > keys/tokens
kubeconfig() {
    cat << EOF
apiVersion: v1
kind: Config
clusters:
  - name: test
    cluster: {server: "https://127.0.0.1:$api", insecure-skip-tls-verify: true}
users:
  - {name: user, user: {token: $(cat "keys/$1")}}
contexts:
  - {name: test, context: {cluster: test, user: user}}
current-context: test
EOF
}
for user in admin artist stranger controllers; do
    kubeconfig $user > $user.conf
done
cat > kubelet.yaml << EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
port: $node
healthzPort: 0
cgroupDriver: cgroupfs
failSwapOn: false
enforceNodeAllocatable: []
evictionHard: {memory.available: 1Mi}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
nodeStatusUpdateFrequency: 2s
clusterDNS: [10.96.0.10]
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
EOF
run() {
    name=$1
    shift
    "$bin/$name" "$@" > "$name.log" 2>&1 &
    echo $! > "$name.pid"
}
run etcd --data-dir "$1/etcd" --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
    --listen-peer-urls "$peers" --initial-advertise-peer-urls "$peers" \
    --initial-cluster "default=$peers" --unsafe-no-fsync
run kube-apiserver --etcd-servers="$etcd" --service-account-issuer=https://test \
    --service-account-signing-key-file=keys/accounts --service-account-key-file=keys/accounts \
    --cert-dir="$1/certificates" --secure-port="$api" --bind-address=127.0.0.1 \
    --advertise-address=127.0.0.1 --authorization-mode=RBAC --token-auth-file=keys/tokens \
    --service-cluster-ip-range=10.96.0.0/24 --kubelet-preferred-address-types=InternalIP
run kube-controller-manager --kubeconfig=controllers.conf --leader-elect=false --port=0 \
    --secure-port=0 --node-monitor-period=1s --node-monitor-grace-period=8s \
    --use-service-account-credentials=false --service-account-private-key-file=keys/accounts
run kube-scheduler --kubeconfig=controllers.conf --leader-elect=false --port=0 --secure-port=0
run kubelet --kubeconfig=controllers.conf --config=kubelet.yaml --container-runtime=docker \
    --docker-endpoint="$docker" --pod-infra-container-image=pause --cloud-provider=external \
    --hostname-override=node1 --root-dir="$1/kubelet" --network-plugin=
cat > /dev/null
for name in kubelet kube-scheduler kube-controller-manager kube-apiserver etcd; do
    kill -CONT "$(cat $name.pid)"
    kill -KILL "$(cat $name.pid)"
done
wait
grep "$1/kubelet" /proc/mounts | cut -d ' ' -f 2 | sort -r | xargs -r -n 1 umount
cd / && rm -rf "$1"
