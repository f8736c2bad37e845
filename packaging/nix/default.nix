# SPDX-License-Identifier: Apache-2.0
#
# nix-build packaging/nix
{ pkgs ? import <nixpkgs> { } }:

let
  # The project's version, from where it is kept.
  version = builtins.head (builtins.match ".*project\\(keyberth VERSION ([0-9.]+) .*"
    (builtins.readFile ../../CMakeLists.txt));
in
pkgs.stdenv.mkDerivation {
  pname = "keyberth";
  inherit version;
  src = pkgs.lib.cleanSource ../..;

  nativeBuildInputs = with pkgs; [ cmake ninja pkg-config ];
  buildInputs = with pkgs; [ curl glib keyutils libsecret nlohmann_json openssl qrencode tl-expected tomlplusplus ];
  cmakeFlags = [ "-DKEYBERTH_TESTS=OFF" ];

  # The helpers find their programs at run time: gpg for pass, the other helpers as vaults for oauth.
  doInstallCheck = true;
  installCheckPhase = ''
    for name in keyctl oauth pass secretservice; do
      "$out/bin/docker-credential-$name" version | grep -F "v${version}"
    done
  '';

  meta = {
    description = "Credential helpers that keep logins of container registries safe";
    homepage = "https://keyberth.example/";
    license = pkgs.lib.licenses.asl20;
    platforms = pkgs.lib.platforms.linux;
  };
}
