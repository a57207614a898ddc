# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Small networks of all the kinds that the demonstration has something to say of:
# DIR/NAME.tflite (demo/models/make.py), and DIR/picture.ppm to be shown to them. The
# Python that writes them stays with the tools, with its libraries.

# shellcheck disable=SC2034
models_needs=(tools)

MODELS_PACKAGES=(python3-numpy python3-flatbuffers)

models_key() {
	echo "${MODELS_PACKAGES[*]}"
	hash_sources demo/models demo/digits/tflite_model.py
}

models_build() {
	local python=$TOOLS/build/work/models
	if [ ! -e "$python/usr/bin/python3" ]; then
		bootstrap "$python" --variant=apt \
			--include="$(IFS=,; echo "${MODELS_PACKAGES[*]}")" \
			--aptopt='APT::Install-Recommends "false"' \
			--dpkgopt='path-exclude=/usr/share/doc/*' \
			trixie @DIR@ "deb $(host_mirror) trixie main"
		mkdir -p "$python/src"
	fi
	rm -rf "$python/out"
	mkdir "$python/out"
	TOOLS=$python in_tools python3 -B /src/demo/models/make.py /out
	mv "$python/out"/*.tflite "$1/"
	# Three colours and what lies between them.
	{
		printf 'P6\n16 16\n255\n'
		awk 'BEGIN { for (i = 0; i < 768; i++) printf "%c", 1 + (i * 37) % 127 }'
	} >"$1/picture.ppm"
}
