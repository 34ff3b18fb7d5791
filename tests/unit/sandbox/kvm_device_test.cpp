#include "host/sandbox/kvm_device.h"

#include <catch2/catch.hpp>

namespace bulkhead::sandbox {

TEST_CASE("the processor's virtualization is found among its flags, as a word") {
    CHECK(virtualization_flag("processor : 0\nflags\t\t: fpu vmx sse\n") == "vmx");
    CHECK(virtualization_flag("processor : 0\nflags\t\t: fpu svm\nprocessor : 1\n") == "svm");
    CHECK(virtualization_flag("processor : 0\nflags\t\t: fpu svm_lock\n").empty());
    CHECK(virtualization_flag("processor : 0\nvmx flags : vnmi\nflags : fpu\n").empty());
    CHECK(virtualization_flag("").empty());
}

TEST_CASE("a KVM device that is missing or is none is explained") {
    const auto missing = open_kvm("/nonexistent/kvm");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().is(std::errc::no_such_file_or_directory));
    CHECK(missing.error().message().find("Turn on virtualization") != std::string::npos);
    const auto other = open_kvm("/dev/null");
    REQUIRE_FALSE(other);
    CHECK(other.error().message().find("is not a KVM device") != std::string::npos);
}

}  // namespace bulkhead::sandbox
