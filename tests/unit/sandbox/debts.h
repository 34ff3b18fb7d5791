// What the agent of fake_vmm.cpp fails to do of what it owes, by the first argument of a further
// process or by the path of work on files. Anything else is done as it should be.
#pragma once

namespace bulkhead::debts {

inline constexpr const char* kNoAnswer = "no-answer";          // and no stream
inline constexpr const char* kNoStream = "no-stream";          // but says that all is well
inline constexpr const char* kSilent = "silent";               // opens the stream, and that is all
inline constexpr const char* kNothingThere = "nothing-there";  // as it should, of what is missing

}  // namespace bulkhead::debts
