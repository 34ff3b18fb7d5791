// The socket that a supervisor listens on, and its clients' way to it. Paths may be longer than a
// socket's name can be. Thread: any.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::engine {

// Replaces what a dead supervisor left there. Only its owner may connect.
Result<UniqueFd> listen_at(const std::string& path);

// A connection that somebody made; an error that is EAGAIN when nobody has.
Result<UniqueFd> accept_client(int listener);

// An error that is ENOENT or ECONNREFUSED: nobody listens there.
Result<UniqueFd> connect_to(const std::string& path);

}  // namespace bulkhead::engine
