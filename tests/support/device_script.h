// DeviceScript: drives a device behind a real MmioTransport from bytes, for fuzzing: register
// accesses, ring contents, guest memory and notifications in any order. A byte sequence is a list
// of operations; what cannot be decoded ends it.
//
// Operations (one byte, then operands, little-endian):
//   0 register write   offset:u16 value:u32        6 notify               queue:u8
//   1 register read    offset:u16                  7 memory bytes         address:u32 length:u8 ...
//   2 config access    offset:u8 width:u8          8 full bring-up        declined features:u64
//   3 descriptor       queue:u8 index:u8           9 reset
//                      address:u32 length:u32     10 turn of the loop
//                      flags:u8 next:u8
//   4 make available   queue:u8 head:u8
//   5 available index  queue:u8 index:u16
#pragma once

#include <cstddef>
#include <span>

#include "base/event_loop.h"
#include "tests/support/guest_arena.h"
#include "vmm/virtio/device.h"

namespace bulkhead::test {

void run_device_script(GuestArena& arena, EventLoop& loop, virtio::VirtioDevice& device,
                       std::span<const std::byte> script);

}  // namespace bulkhead::test
