// The supervisor's answers as the messages of proto/agent.proto. Thread: any (pure).
#pragma once

#include "guest-agent/container/supervisor.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {

v1::StartReply start_reply(const LaunchResult& result, const Timeline& timeline);
v1::ExecReply exec_reply(const LaunchResult& result);
v1::WaitReply wait_reply(const WaitResult& result);

}  // namespace bulkhead::agent
