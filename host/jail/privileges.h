// Giving up capabilities, in two steps. For a child of fork_into(): async-signal-safe; error
// numbers, 0 is success.
#pragma once

namespace bulkhead::jail {

// None can come back: empty bounding and ambient sets, and securebits that make user 0 like any
// other. What this process has itself stays for now.
int give_up_future_privileges();

// And now those of this process, and no_new_privs.
int give_up_privileges();

}  // namespace bulkhead::jail
