// One act of the hostile guest (tests/guest/hostile) on a monitor of its own, and what came of it.
//
// The environment names the programs: BULKHEAD_VMM and BULKHEAD_HOSTILE_GUEST.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bulkhead::test {

// The names of all acts, from the guest itself.
std::vector<std::string> all_acts();

// Runs it, and gives the outcome in a few words. Fails the test when the monitor did not stand it:
// crashed, ended without a reason, went on running when the guest did not, grew, did not answer,
// printed too much, or changed a read-only disk.
std::string perform(const std::string& act);

}  // namespace bulkhead::test
