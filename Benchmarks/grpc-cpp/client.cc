// A unary client on grpc C++: the asynchronous API with one completion queue and one thread.
// Prints the CPU of this process for one call, microseconds.

#include <grpcpp/grpcpp.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "echo.grpc.pb.h"

using google::protobuf::BytesValue;
using portico::bench::v1::Echo;

namespace {

struct Call {
  grpc::ClientContext context;
  BytesValue response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<BytesValue>> reader;
};

class Load {
 public:
  Load(Echo::Stub* stub, int size) : stub_(stub) { request_.set_value(std::string(size, 'x')); }

  void Run(long calls, int in_flight) {
    long started = 0;
    for (; started < calls && started < in_flight; ++started) Start();
    for (long ended = 0; ended < calls; ++ended) {
      void* tag = nullptr;
      bool ok = false;
      if (!queue_.Next(&tag, &ok)) std::exit(1);
      std::unique_ptr<Call> call(static_cast<Call*>(tag));
      if (!call->status.ok() || call->response.value().size() != request_.value().size()) {
        std::cerr << "a call failed: " << call->status.error_message() << "\n";
        std::exit(1);
      }
      if (started < calls) {
        Start();
        ++started;
      }
    }
  }

 private:
  void Start() {
    auto* call = new Call;
    call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    call->context.AddMetadata("x-bench", "portal-of-the-benchmark");
    call->reader = stub_->AsyncEcho(&call->context, request_, &queue_);
    call->reader->Finish(&call->response, &call->status, call);
  }

  Echo::Stub* stub_;
  BytesValue request_;
  grpc::CompletionQueue queue_;
};

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: grpc-cpp-client PORT CALLS IN-FLIGHT SIZE\n";
    return 64;
  }
  auto channel = grpc::CreateChannel(std::string("127.0.0.1:") + argv[1], grpc::InsecureChannelCredentials());
  auto stub = Echo::NewStub(channel);
  long calls = std::atol(argv[2]);
  Load load(stub.get(), std::atoi(argv[4]));
  load.Run(calls / 10, std::atoi(argv[3]));
  double before = CpuSeconds();
  load.Run(calls, std::atoi(argv[3]));
  std::cout << (CpuSeconds() - before) * 1e6 / calls << "\n";
}
