import Foundation
import Glibc
import TestKit
import Testing

@Suite("Started by a service manager", .scenario)
struct ActivationTests {
    /// Acts like systemd: opens the port, passes it as descriptor 3, and receives notifications. Prints the port, then
    /// each notification, then the exit code.
    private static let manager = """
        import os, signal, socket, sys
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        port = listener.getsockname()[1]
        config = sys.argv[2]
        text = open(config).read().replace("127.0.0.1:0", "127.0.0.1:%d" % port)
        open(config, "w").write(text)
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        name = ("\\0posthorse-test-%d" % os.getpid()) if sys.argv[3] == "abstract" else config + ".notify"
        told.bind(name)
        child = os.fork()
        if child == 0:
            os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="smtp",
                NOTIFY_SOCKET=name.replace("\\0", "@"))
            fd = os.dup(listener.fileno())
            os.dup2(fd, 3)
            os.execv(sys.argv[1], [sys.argv[1], "serve", "--config", config])
        signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
        listener.close()
        print(port, flush=True)
        told.settimeout(0.1)
        done = 0
        while True:
            try:
                print(told.recv(100).decode(), flush=True)
            except TimeoutError:
                # Once more after the end, for what was told in between.
                if done:
                    print("exit", os.waitstatus_to_exitcode(status), flush=True)
                    break
                done, status = os.waitpid(child, os.WNOHANG)
        """

    @Test(
        "uses the open port, and reports when it is ready and when it stops",
        arguments: ["path", "abstract"])
    func activation(socket: String) throws {
        let directory = try TemporaryDirectory()
        let config = directory.path + "/relay.conf"
        try RelayConfig(.init(name: "none", address: "127.0.0.1:9"))
            .text(in: directory.path, spoolPath: directory.path + "/spool")
            .write(toFile: config, atomically: true, encoding: .utf8)
        let manager = try Program(
            "/usr/bin/python3", ["-c", Self.manager, Posthorse.executable, config, socket])
        defer { manager.signal(SIGTERM) }
        func lines(_ count: Int) throws -> [String] {
            let lines = manager.output.wait(within: .seconds(30)) {
                $0.lines.count >= count || $0.hasEnded ? $0.lines : nil
            }
            return try #require(lines)
        }
        let port = try #require(UInt16(try lines(1)[0]))
        #expect(try lines(2).dropFirst() == ["READY=1"])
        let client = try SMTPConnection(port: port)
        try client.greet()
        client.close()
        manager.signal(SIGTERM)
        _ = try manager.waitForExit(within: .seconds(20))
        let all = try lines(4)
        #expect(all.dropFirst() == ["READY=1", "STOPPING=1", "exit 0"], "\(all) \(manager.lastWords)")
    }
}
