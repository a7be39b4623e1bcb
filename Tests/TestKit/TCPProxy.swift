import Foundation
import Glibc

/// A proxy on 127.0.0.1 that cuts, swallows or holds back what passes.
///
/// Safety of `@unchecked Sendable`: what changes is accessed with `condition` locked.
package final class TCPProxy: @unchecked Sendable {
    package enum Direction: CaseIterable, Sendable {
        case toServer, toClient
    }

    package enum Fault: CaseIterable, Sendable {
        /// Closes both sides.
        case cut
        /// Goes on to read, and passes nothing on.
        case swallow
        /// Passes nothing on until ``TCPProxy/release()``.
        case hold
    }

    /// Two sockets, closed with the last reference to them.
    private final class Pair: Sendable {
        let client: Int32
        let server: Int32

        init(_ client: Int32, _ server: Int32) { (self.client, self.server) = (client, server) }

        deinit {
            Glibc.close(client)
            Glibc.close(server)
        }

        func shutdown() {
            for socket in [client, server] { Glibc.shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    package let port: Int
    private let listener: Int32
    private let target: Int
    private let condition = NSCondition()
    private var limits: [Direction: Int] = [:]
    private var fault = Fault.cut
    private var passed: [Direction: Int] = [:]
    private var pairs: [Pair] = []

    package init(to target: Int) throws {
        self.target = target
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = Self.address(0)
        let bound = withUnsafePointer(to: &address) { Self.call($0) { bind(listener, $0, $1) } }
        guard bound == 0, listen(listener, 16) == 0 else { throw CocoaError(.featureUnsupported) }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(listener, $0, &length) }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { break }
                let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                var address = Self.address(target)
                _ = withUnsafePointer(to: &address) { Self.call($0) { connect(server, $0, $1) } }
                self?.start(Pair(client, server))
            }
            Glibc.close(listener)
        }
    }

    deinit {
        Glibc.shutdown(listener, Int32(SHUT_RDWR))
        for pair in pairs { pair.shutdown() }
    }

    /// Lets as many more octets pass in one direction, over all connections; then `fault` happens.
    package func limit(_ direction: Direction, to octets: Int, then fault: Fault) {
        condition.withLock {
            limits = [direction: octets]
            self.fault = fault
        }
    }

    /// Passes on everything again, for new connections and those held back.
    package func release() {
        condition.withLock {
            limits = [:]
            condition.broadcast()
        }
    }

    /// Octets that have passed in one direction.
    package func passed(_ direction: Direction) -> Int { condition.withLock { passed[direction] ?? 0 } }

    /// Cuts all connections.
    package func cut() {
        for pair in condition.withLock({ pairs }) { pair.shutdown() }
        condition.withLock { pairs = [] }
    }

    private func start(_ pair: Pair) {
        condition.withLock { pairs.append(pair) }
        for direction in Direction.allCases {
            Thread.detachNewThread { [weak self] in
                let (source, sink) =
                    direction == .toServer ? (pair.client, pair.server) : (pair.server, pair.client)
                var buffer = [UInt8](repeating: 0, count: 16_384)
                while true {
                    let count = read(source, &buffer, buffer.count)
                    guard count > 0, let self, self.pass(buffer[..<count], to: sink, direction) else { break }
                }
                pair.shutdown()
            }
        }
    }

    /// - Returns: false to cut.
    private func pass(_ octets: ArraySlice<UInt8>, to sink: Int32, _ direction: Direction) -> Bool {
        var rest = octets
        while !rest.isEmpty {
            let (count, fault) = take(rest.count, direction)
            guard Self.write(rest.prefix(count), to: sink) else { return false }
            rest = rest.dropFirst(count)
            if rest.isEmpty { return true }
            switch fault {
            case .cut: return false
            case .swallow: return true
            case .hold: condition.withLock { while limits[direction] == 0 { condition.wait() } }
            }
        }
        return true
    }

    private func take(_ wanted: Int, _ direction: Direction) -> (Int, Fault) {
        condition.withLock {
            let count = min(wanted, limits[direction] ?? wanted)
            if let limit = limits[direction] { limits[direction] = limit - count }
            passed[direction, default: 0] += count
            return (count, fault)
        }
    }

    private static func write(_ octets: ArraySlice<UInt8>, to socket: Int32) -> Bool {
        var rest = octets
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(socket, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        address.sin_port = in_port_t(port).bigEndian
        return address
    }

    private static func call(
        _ address: UnsafePointer<sockaddr_in>, _ function: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            function($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
