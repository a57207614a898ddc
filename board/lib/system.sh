# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Installed systems that the board can mount: a Debian for arm64 with apt, dkms and
# a compiler, with the modules and headers of the stock kernel, which the board
# runs, and a rocket among its modules as a distribution would have it: mainline's.

# shellcheck disable=SC2034 # the steps'
SYSTEM_NEEDS=(tools kernel mainline packaging)

SYSTEM_PACKAGES=(
	apt dkms gcc make systemd udev kmod procps libc6-dev
	debian-archive-keyring
)
# Of the kernel's modules those that the board or the driver uses: depmod reads
# all that there are, with each module that dkms installs.
SYSTEM_MODULES=(
	virtio_mmio virtio_blk ext4 9p 9pnet_virtio fixed
	drm drm_exec drm_gpuvm drm_shmem_helper gpu-sched
)
SYSTEM_SIZE=4G

# What can be seen of these files in the product.
system_key() {
	hash_sources board/lib/system.sh board/packages/register board/packages/enter \
		board/packages/configure
}

# system_build DIR SUITE [PACKAGE…]: DIR/root.img, with PACKAGEs.
system_build() {
	local dir=$1 suite=$2 mirror version lock
	# Where mke2fs is; nobody else uses it meanwhile.
	local place=${STEP_DIR[packaging]}/root tree
	shift 2
	tree=$place/build/$suite
	mirror=$(host_mirror)
	version=$(tools_version kernel)
	exec {lock}>"$place/build/lock"
	flock "$lock"
	rm -rf "$tree"
	# Unpacked here, where that is quick, and left to be configured on the board,
	# whose programs they are.  The second archive is asked for the kernel alone:
	# its Release file says that it is not to be preferred.
	bootstrap "$tree" --variant=extract --architectures=arm64 \
		--include='?essential' \
		--include="$(IFS=,; set -- "${SYSTEM_PACKAGES[@]}" "linux-headers-$version" "$@"; echo "$*")" \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--skip=download/empty,extract/unlink,cleanup/apt \
		"$suite" @DIR@ \
		"deb [check-valid-until=no] $mirror $suite main" \
		"deb $mirror trixie-backports main"
	TOOLS=$place in_tools sh /src/board/packages/register "/build/$suite"
	rm -f "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*_*
	system_kernel "$tree/usr/lib/modules/$version"
	TOOLS=$place in_tools mke2fs -q -t ext4 -O ^has_journal -d "/build/$suite" \
		"/build/$suite.img" "$SYSTEM_SIZE"
	rm -r "$tree"
	exec {lock}>&-
	system_run "$place/build/$suite.img" --share "$ROOT/board/packages" \
		-- sh /mnt/packages/enter /mnt/packages/configure
	mv "$place/build/$suite.img" "$dir/root.img"
}

# system_kernel DIR: makes DIR the stock kernel's modules, with a rocket of its own.
system_kernel() {
	local from=${STEP_DIR[kernel]}/modules file
	for file in $(modules_order "$from" "${SYSTEM_MODULES[@]}"); do
		mkdir -p "$(dirname "$1/$file")"
		cp "$from/$file" "$1/$file"
	done
	mkdir -p "$1/kernel/drivers/accel/rocket"
	cp "${STEP_DIR[mainline]}/rocket.ko" "$1/kernel/drivers/accel/rocket/"
}

# system_run IMAGE ARG…: board/run with IMAGE as its disk.  What it writes to the
# disk is safe only when it has come to its end.
system_run() {
	local image=$1 cores
	shift
	cores=$(nproc)
	"$ROOT/board/run" --driver none --module virtio_blk --module ext4 \
		--cores $((cores < 8 ? cores : 8)) --memory 2G --timeout 3600 \
		--qemu-arg -drive --qemu-arg "file=$image,format=raw,if=none,id=root,cache=unsafe" \
		--qemu-arg -device --qemu-arg virtio-blk-device,drive=root \
		"$@"
}
