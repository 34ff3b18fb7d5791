#include "vmm/kvm/system.h"

#include <fcntl.h>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

namespace bulkhead::kvm {
namespace {

TEST_CASE("a descriptor that is not /dev/kvm is refused by name") {
    auto file = open_file("/dev/null", O_RDWR);
    REQUIRE(file);
    const auto system = System::adopt(std::move(*file));
    REQUIRE_FALSE(system);
    CHECK_THAT(system.error().message(),
               Catch::StartsWith("the descriptor is not /dev/kvm: KVM_GET_API_VERSION"));
}

}  // namespace
}  // namespace bulkhead::kvm
