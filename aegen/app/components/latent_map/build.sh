#!/bin/sh
# Builds latent_map.js from source/: `sh build.sh`, anywhere with node 20 or later.
# All versions are pinned in package.json. The first line of the result holds a hash of what it
# was built from, so that a test can tell when the two no longer belong together.
set -eu
cd "$(dirname "$0")"
npm install --no-audit --no-fund --ignore-scripts --silent
hash=$(cat package.json source/*.js | sha256sum | cut -c1-64)
npx esbuild source/view.js --bundle --minify --format=esm --target=es2022 --legal-comments=none \
  --banner:js="// built by build.sh; licences in LICENSES.txt; source sha256 $hash" \
  --outfile=latent_map.js
