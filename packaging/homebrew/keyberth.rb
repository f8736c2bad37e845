# typed: strict
# frozen_string_literal: true

# SPDX-License-Identifier: Apache-2.0
class Keyberth < Formula
  desc "Credential helpers that keep logins of container registries safe"
  homepage "https://keyberth.example/"
  url "https://keyberth.example/releases/keyberth-0.1.0.tar.xz"
  # scripts/release writes the sum into its copy.
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "Apache-2.0"

  depends_on "cmake" => :build
  depends_on "ninja" => :build
  depends_on "nlohmann-json" => :build
  depends_on "pkgconf" => :build
  depends_on "tl-expected" => :build
  depends_on "tomlplusplus" => :build
  depends_on "curl"
  depends_on "glib"
  depends_on "keyutils"
  depends_on "libsecret"
  depends_on :linux
  depends_on "openssl@3"
  depends_on "qrencode"

  def install
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DKEYBERTH_TESTS=OFF", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    %w[keyctl oauth pass secretservice].each do |name|
      program = "docker-credential-#{name}"
      assert_equal "#{program} (keyberth) v#{version}\n", shell_output("#{bin}/#{program} version")
    end
  end
end
