#include "vmm/arch/x86_64/saved_processor.h"

#include <algorithm>
#include <functional>

#include <catch2/catch.hpp>

#include "proto/snapshot.pb.h"
#include "tests/support/kvm/fake_kvm.h"
#include "vmm/arch/x86_64/saved_bytes.h"

namespace bulkhead::arch {

namespace {

using Saved = snapshot::v1::X86Processor;
using test::FakeKvm;

constexpr std::uint32_t kTsc = 0x10;
constexpr std::uint32_t kDeadline = 0x6e0;
constexpr std::uint32_t kEfer = 0xc0000080;
constexpr std::uint32_t kMtrr = 0x2ff;
constexpr std::uint32_t kAbsent = 0x1234;
constexpr std::uint32_t kIndices[] = {kDeadline, kEfer, kAbsent, kTsc};

std::vector<kvm_cpuid_entry2> cpuid(std::uint32_t features = 7) {
    kvm_cpuid_entry2 entry{};
    entry.function = 1;
    entry.ecx = features;
    return {entry};
}

template <class State>
void fill(FakeKvm& kvm, const char* name, unsigned char byte) {
    kvm.state[name].assign(sizeof(State), std::byte{byte});
}

// One whose state is all different, and has a timer that is yet to fire.
void make_used(FakeKvm& kvm) {
    fill<kvm_mp_state>(kvm, "MP_STATE", 1);
    fill<kvm_regs>(kvm, "REGS", 2);
    fill<kvm_sregs>(kvm, "SREGS", 3);
    fill<std::array<std::byte, 4096>>(kvm, "XSAVE", 4);
    fill<kvm_xcrs>(kvm, "XCRS", 5);
    fill<kvm_debugregs>(kvm, "DEBUGREGS", 6);
    fill<kvm_lapic_state>(kvm, "LAPIC", 7);
    fill<kvm_vcpu_events>(kvm, "VCPU_EVENTS", 8);
    kvm.msrs = {{kTsc, 5000}, {kEfer, 0x501}, {kMtrr, 0xc06}, {kDeadline, 9000}};
}

// One that was created a moment ago: it has the registers.
void make_new(FakeKvm& kvm) {
    kvm.msrs = {{kTsc, 0}, {kEfer, 0}, {kMtrr, 0}, {kDeadline, 0}};
}

std::string saved_bytes() {
    FakeKvm kvm;
    make_used(kvm);
    return save_vcpu(kvm.vcpu(), cpuid(), kIndices).value();
}

Saved saved() {
    Saved message;
    REQUIRE(message.ParseFromString(saved_bytes()));
    return message;
}

std::string restore_error(FakeKvm& kvm, const Saved& message) {
    const auto done = restore_vcpu(kvm.vcpu(), 1, cpuid(), message.SerializeAsString());
    return done ? "" : done.error().message();
}

}  // namespace

TEST_CASE("a vCPU that was saved is restored as it was") {
    FakeKvm used;
    make_used(used);
    const auto bytes = save_vcpu(used.vcpu(), cpuid(), kIndices);
    REQUIRE(bytes);
    FakeKvm restored;
    make_new(restored);
    REQUIRE(restore_vcpu(restored.vcpu(), 0, cpuid(), *bytes));
    CHECK(restored.state == used.state);
    CHECK(restored.msrs == used.msrs);
}

TEST_CASE("the order of saving and restoring is the one that KVM needs") {
    FakeKvm used;
    make_used(used);
    REQUIRE(save_vcpu(used.vcpu(), cpuid(), kIndices));
    // Reading the run state settles what the others depend on; events may come of the rest.
    CHECK(used.calls[1] == "KVM_GET_MP_STATE");
    CHECK(used.calls.back() == "KVM_GET_VCPU_EVENTS");
    const Saved message = saved();
    REQUIRE(message.msrs_size() == 4);
    CHECK(message.msrs(0).index() == kTsc);
    CHECK(message.msrs(3).index() == kDeadline);

    FakeKvm kvm;
    make_new(kvm);
    REQUIRE(restore_vcpu(kvm.vcpu(), 0, cpuid(), saved_bytes()));
    const auto at = [&](const char* name) { return std::ranges::find(kvm.calls, name); };
    CHECK(at("KVM_SET_SREGS") < at("KVM_SET_LAPIC"));
    CHECK(at("KVM_SET_LAPIC") < at("KVM_SET_MSRS"));
    CHECK(at("KVM_SET_MSRS") < at("KVM_SET_VCPU_EVENTS"));
    CHECK(kvm.calls.back() == "KVM_KVMCLOCK_CTRL");
}

TEST_CASE("only the first vCPU's time stamp counter goes far away first") {
    FakeKvm first;
    make_new(first);
    REQUIRE(restore_vcpu(first.vcpu(), 0, cpuid(), saved_bytes()));
    REQUIRE(first.written.size() == 5);
    // A minute at 2 GHz.
    CHECK(first.written[0] == std::pair(kTsc, std::uint64_t{120'000'005'000}));
    CHECK(first.written[1] == std::pair(kTsc, std::uint64_t{5000}));
    FakeKvm second;
    make_new(second);
    REQUIRE(restore_vcpu(second.vcpu(), 1, cpuid(), saved_bytes()));
    REQUIRE(second.written.size() == 4);
    CHECK(second.written[0] == std::pair(kTsc, std::uint64_t{5000}));

    Saved without = saved();
    without.mutable_msrs()->DeleteSubrange(0, 1);
    const auto refused = restore_vcpu(first.vcpu(), 0, cpuid(), without.SerializeAsString());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message() == "it has no time stamp");
}

TEST_CASE("a timer that has just fired fires once more") {
    Saved message = saved();
    message.mutable_msrs(3)->set_value(0);
    FakeKvm kvm;
    make_new(kvm);
    CHECK(restore_error(kvm, message).empty());
    CHECK(kvm.msrs[kDeadline] == 5000);
}

TEST_CASE("a vCPU of another processor is refused") {
    FakeKvm kvm;
    make_new(kvm);
    const auto other = restore_vcpu(kvm.vcpu(), 0, cpuid(6), saved_bytes());
    REQUIRE_FALSE(other);
    CHECK_THAT(other.error().message(), Catch::Contains("processor features"));
    // 250 parts of a million are the tolerance.
    kvm.tsc_khz = 2'000'500;
    CHECK(restore_error(kvm, saved()).empty());
    for (const int khz : {2'000'502, 1'999'498}) {
        kvm.tsc_khz = khz;
        CHECK_THAT(restore_error(kvm, saved()), Catch::Contains("runs at 2000000 kHz; here it is"));
    }
}

TEST_CASE("a register that KVM does not take must have the value anyway") {
    FakeKvm kvm;
    make_new(kvm);
    kvm.read_only = {kEfer};
    kvm.msrs[kEfer] = 0x501;
    CHECK(restore_error(kvm, saved()).empty());
    CHECK(kvm.msrs[kMtrr] == 0xc06);  // and the ones after it are written
    kvm.msrs[kEfer] = 0x500;
    CHECK(restore_error(kvm, saved()) == "KVM does not take 0x501 for the register 0xc0000080");
    kvm.msrs.erase(kEfer);
    CHECK_THAT(restore_error(kvm, saved()), Catch::StartsWith("KVM does not take 0x501"));
}

TEST_CASE("more registers than one call takes are saved and restored") {
    FakeKvm used;
    make_used(used);
    std::vector<std::uint32_t> indices(std::begin(kIndices), std::end(kIndices));
    FakeKvm restored;
    make_new(restored);
    for (std::uint32_t index = 0x4000; index < 0x4000 + 600; ++index) {
        indices.push_back(index);
        used.msrs[index] = index * 3;
        restored.msrs[index] = 0;
    }
    const auto bytes = save_vcpu(used.vcpu(), cpuid(), indices);
    REQUIRE(bytes);
    REQUIRE(restore_vcpu(restored.vcpu(), 0, cpuid(), *bytes));
    CHECK(restored.msrs == used.msrs);
}

TEST_CASE("what is no processor's state is refused before KVM sees it") {
    FakeKvm kvm;
    make_new(kvm);
    CHECK_FALSE(restore_vcpu(kvm.vcpu(), 0, cpuid(), "\xff\xff"));
    Saved many = saved();
    for (int i = 0; i < 1024; ++i) many.add_msrs()->set_index(kEfer);
    CHECK(restore_error(kvm, many) == "it holds no processor");
    const std::pair<const char*, std::function<void(Saved&)>> cuts[] = {
        {"run state", [](Saved& s) { s.mutable_run_state()->pop_back(); }},
        {"registers", [](Saved& s) { s.mutable_registers()->pop_back(); }},
        {"special registers", [](Saved& s) { s.mutable_special_registers()->push_back('x'); }},
        {"XSAVE area", [](Saved& s) { s.mutable_xsave()->pop_back(); }},
        {"extended control registers",
         [](Saved& s) { s.mutable_extended_control_registers()->clear(); }},
        {"debug registers", [](Saved& s) { s.mutable_debug_registers()->pop_back(); }},
        {"local APIC", [](Saved& s) { s.mutable_local_apic()->pop_back(); }},
        {"events", [](Saved& s) { s.mutable_events()->pop_back(); }}};
    for (const auto& [what, cut] : cuts) {
        Saved message = saved();
        cut(message);
        CHECK_THAT(restore_error(kvm, message), Catch::StartsWith(std::string(what) + " has "));
    }
}

TEST_CASE("extended control registers that KVM did not give are not given back") {
    Saved message = saved();
    message.set_extended_control_registers(to_bytes(kvm_xcrs{}));
    FakeKvm kvm;
    make_new(kvm);
    CHECK(restore_error(kvm, message).empty());
    CHECK(std::ranges::find(kvm.calls, "KVM_SET_XCRS") == kvm.calls.end());
}

TEST_CASE("each request that KVM refuses is named") {
    for (const char* what : {"MP_STATE", "REGS", "SREGS", "XSAVE", "XCRS", "DEBUGREGS", "LAPIC",
                             "MSRS", "VCPU_EVENTS"}) {
        FakeKvm used;
        make_used(used);
        used.failing = std::string("KVM_GET_") + what;
        const auto bytes = save_vcpu(used.vcpu(), cpuid(), kIndices);
        REQUIRE_FALSE(bytes);
        CHECK_THAT(bytes.error().message(), Catch::StartsWith(used.failing));
        FakeKvm kvm;
        make_new(kvm);
        kvm.failing = std::string("KVM_SET_") + what;
        CHECK_THAT(restore_error(kvm, saved()), Catch::StartsWith(kvm.failing));
    }
    FakeKvm unclear;
    unclear.failing = "KVM_GET_TSC_KHZ";
    CHECK_FALSE(save_vcpu(unclear.vcpu(), cpuid(), kIndices));
    CHECK_THAT(restore_error(unclear, saved()), Catch::StartsWith("KVM_GET_TSC_KHZ"));
}

}  // namespace bulkhead::arch
