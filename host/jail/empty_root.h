// A root directory with nothing in it. For a child of fork_into(): async-signal-safe.
#pragma once

namespace bulkhead::jail {

// Makes an empty, read-only file system the root and the working directory, and detaches all
// others. In a mount namespace of one's own. Gives 0 or an error number; after an error the files
// of before may still be there.
int enter_empty_root();

}  // namespace bulkhead::jail
