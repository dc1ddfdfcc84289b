// The echo on grpc C++: the asynchronous API with one completion queue and one thread, arenas left to the library. Of its
// APIs this one costs the least CPU on one core; the callback API adds threads of its own.

#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "echo.grpc.pb.h"

using google::protobuf::BytesValue;
using google::protobuf::Int64Value;
using Service = portico::bench::v1::Echo::AsyncService;

namespace {

// What a completion-queue event belongs to.
class Call {
 public:
  virtual ~Call() = default;
  virtual void Proceed(bool ok) = 0;
};

class EchoCall final : public Call {
 public:
  EchoCall(Service* service, grpc::ServerCompletionQueue* queue)
      : service_(service), queue_(queue), responder_(&context_) {
    service_->RequestEcho(&context_, &request_, &responder_, queue_, queue_, this);
  }

  void Proceed(bool ok) override {
    if (finished_ || !ok) {
      delete this;
      return;
    }
    new EchoCall(service_, queue_);
    finished_ = true;
    response_.set_value(request_.value());
    responder_.Finish(response_, grpc::Status::OK, this);
  }

 private:
  Service* service_;
  grpc::ServerCompletionQueue* queue_;
  grpc::ServerContext context_;
  BytesValue request_;
  BytesValue response_;
  grpc::ServerAsyncResponseWriter<BytesValue> responder_;
  bool finished_ = false;
};

class StreamCall final : public Call {
 public:
  StreamCall(Service* service, grpc::ServerCompletionQueue* queue)
      : service_(service), queue_(queue), writer_(&context_) {
    message_.set_value(std::string(64, 'x'));
    service_->RequestStream(&context_, &request_, &writer_, queue_, queue_, this);
  }

  void Proceed(bool ok) override {
    if (finished_ || !ok) {
      delete this;
      return;
    }
    if (!started_) {
      started_ = true;
      new StreamCall(service_, queue_);
      left_ = request_.value();
      // Headers that wait for a message that is held back would never complete.
      writer_.SendInitialMetadata(this);
      return;
    }
    if (left_-- > 0) {
      // Lets the transport gather messages into one write.
      grpc::WriteOptions options;
      if (left_ > 0) options.set_buffer_hint();
      writer_.Write(message_, options, this);
    } else {
      finished_ = true;
      writer_.Finish(grpc::Status::OK, this);
    }
  }

 private:
  Service* service_;
  grpc::ServerCompletionQueue* queue_;
  grpc::ServerContext context_;
  Int64Value request_;
  BytesValue message_;
  grpc::ServerAsyncWriter<BytesValue> writer_;
  int64_t left_ = 0;
  bool started_ = false;
  bool finished_ = false;
};

std::string Contents(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::shared_ptr<grpc::ServerCredentials> Credentials(int argc, char** argv) {
  if (argc < 4) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({Contents(argv[3]), Contents(argv[2])});
  return grpc::SslServerCredentials(options);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) {
    std::cerr << "usage: grpc-cpp-server PORT [CERTIFICATE KEY]\n";
    return 64;
  }
  Service service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("127.0.0.1:") + argv[1], Credentials(argc, argv));
  builder.RegisterService(&service);
  auto queue = builder.AddCompletionQueue();
  auto server = builder.BuildAndStart();
  if (!server) return 1;
  // Enough waiting calls that a burst of requests finds its places.
  for (int i = 0; i < 256; ++i) new EchoCall(&service, queue.get());
  for (int i = 0; i < 16; ++i) new StreamCall(&service, queue.get());
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) static_cast<Call*>(tag)->Proceed(ok);
}
