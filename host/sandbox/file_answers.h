// What the agent says about files, processes and use: bounded, with texts that are fit for a
// terminal. Thread: any.
#pragma once

namespace bulkhead::agent::v1 {
class FilesReply;
class ProcessesReply;
class StatisticsReply;
}  // namespace bulkhead::agent::v1

namespace bulkhead::sandbox {

agent::v1::FilesReply read_answer(const agent::v1::FilesReply& reply);
agent::v1::ProcessesReply read_answer(const agent::v1::ProcessesReply& reply);
agent::v1::StatisticsReply read_answer(const agent::v1::StatisticsReply& reply);

}  // namespace bulkhead::sandbox
