#include "guest-agent/init/host_line.h"

#include "base/log.h"

namespace bulkhead::agent {

Result<void> HostLine::call() {
    // The connection is in the middle of its own callback when it breaks.
    connection_ = TRY(HostConnection::dial(parts_.loop, parts_.dialer,
                                           [this] { parts_.loop.post([this] { on_broken(); }); }));
    parts_.serve(TRY(connection_->stream()));
    return {};
}

void HostLine::on_broken() {
    if (!parts_.redials()) return parts_.on_lost();
    if (const auto called = call(); !called) {
        log::error(called.error().message());
        parts_.on_lost();
    }
}

}  // namespace bulkhead::agent
