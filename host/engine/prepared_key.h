// What of a container is made before it is known whose container it will be, and so is the same for
// all that start from one image's template. Thread: any.
#pragma once

#include <string>

#include "base/result.h"
#include "host/engine/host_files.h"
#include "host/sandbox/sandbox.h"
#include "host/templates/key.h"

namespace bulkhead::agent::v1 {
class StartRequest;
}

namespace bulkhead::container::v1 {
class Config;
}

namespace bulkhead::engine {

// Whether its agent can prepare it (proto/agent.proto, Prepare), and the result is worth keeping.
bool can_be_prepared(const container::v1::Config& config);

// What the agent is told to prepare for a container: nothing of it that others must not know, who
// start from the same template. No arguments, no environment but PATH, no names.
agent::v1::StartRequest prepared_request(const agent::v1::StartRequest& start,
                                         const container::v1::Config& config);

// Equal for equal messages: maps are in an order of their own.
std::string stable_bytes(const agent::v1::StartRequest& message);

// Of a plan that has all but the writable disk, which is to be a new one.
Result<templates::PreparedKey> prepared_key(const sandbox::SandboxPlan& plan,
                                            const container::v1::Config& config,
                                            const HostFiles& files);

}  // namespace bulkhead::engine
