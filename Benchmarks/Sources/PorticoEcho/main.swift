import EchoService

EchoServer.run([EchoService()])
