// Checks of what the host asks for, before anything is done: every name is known, every path is
// absolute, every count and length is bounded. The host owns the VM, so this keeps its mistakes
// from becoming odd failures half way; it is no security boundary. Thread: any (pure).
#pragma once

#include "base/result.h"

namespace bulkhead::oci::v1 {
class Process;
class Spec;
}  // namespace bulkhead::oci::v1

namespace bulkhead::agent::v1 {
class ExecRequest;
class StartRequest;
}  // namespace bulkhead::agent::v1

namespace bulkhead::agent {

Result<void> validate(const v1::StartRequest& request);
Result<void> validate(const v1::ExecRequest& request);

// The parts, for the two above.
Result<void> validate_process(const oci::v1::Process& process);
Result<void> validate_linux(const oci::v1::Spec& spec);

}  // namespace bulkhead::agent
