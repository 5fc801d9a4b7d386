#!/bin/sh
# The programs of a Kubernetes cluster of one node, in the folder $1.
#
# Debian packages etcd and the command line, and has the source of the servers, which is built here
# as Debian's own rules do. Nothing of it is installed in the system, where etcd would start at once.
set -eu
work=$1/build
mkdir -p "$work/apt/lists/partial" "$1/bin"
cd "$work"

# The sources of Debian alone: not every repository has source packages.
apt-get indextargets 'Created-By: Packages' 'Origin: Debian' \
    --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' | sort -u > apt/sources
apt-get indextargets 'Created-By: Packages' 'Origin: Debian' \
    --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' | sort -u >> apt/sources
own_apt() {
    apt-get -o "Dir::Etc::SourceList=$work/apt/sources" -o Dir::Etc::SourceParts=- \
        -o "Dir::State::Lists=$work/apt/lists" -o APT::Sandbox::User=root "$@"
}
own_apt update
own_apt download etcd-server kubernetes-client
for package in *.deb; do
    dpkg-deb -x "$package" packages
done
cp packages/usr/bin/etcd packages/usr/bin/kubectl "$1/bin"

own_apt source --download-only kubernetes
mkdir -p go/src/k8s.io/kubernetes
tar -xf kubernetes_*.orig.tar.* -C go/src/k8s.io/kubernetes --strip-components 1
cd go/src/k8s.io/kubernetes
servers='kube-apiserver kube-controller-manager kube-scheduler kubelet'
GOPATH=$work/go GOCACHE=$work/cache GO111MODULE=off GOFLAGS='' CGO_ENABLED=0 \
    PATH=/usr/lib/go/bin:$PATH make WHAT="$(printf 'cmd/%s ' $servers)"
for server in $servers; do
    find _output -name "$server" -type f -exec cp {} "$1/bin" \;
    strip "$1/bin/$server"
done
cd /
chmod -R u+w "$work"
rm -rf "$work"
