internal import Mail
internal import TLS

/// The server side of SCRAM-SHA-256, with and without channel binding (RFC 5802, RFC 7677).
struct SCRAMServer: Sendable {
    enum Step {
        case challenge([UInt8])
        case lookUp(user: String)
        case succeeded(user: String)
        case failed(SASLFailure)
    }

    /// - `first`: waiting for the client's first message. Successors: `lookUp`, `over`.
    /// - `lookUp`: the owner is looking up the user. Successors: `final`, `over`.
    /// - `final`: waiting for the client's proof. Successors: `proved`, `over`.
    /// - `proved`: the server has proved itself too; an empty response ends the exchange, because a positive SMTP reply
    ///   has no room for the last message (RFC 4954 section 4). Successor: `over`.
    private enum State {
        case first
        case lookUp(SCRAMClientFirst)
        case final(SCRAMClientFirst, SCRAMKeys, isKnown: Bool, serverFirst: String)
        case proved(user: String)
        case over
    }

    private(set) var user: String?
    private var state = State.first
    private let isPlus: Bool
    private let binding: ChannelBinding?
    private let nonce: SCRAMNonce

    init(isPlus: Bool, binding: ChannelBinding?, nonce: SCRAMNonce) {
        self.isPlus = isPlus
        self.binding = binding
        self.nonce = nonce
    }

    mutating func respond(_ response: [UInt8]) -> Step {
        switch state {
        case .first: return first(response)
        case .final(let first, let keys, let isKnown, let serverFirst):
            return final(response, first, keys, isKnown: isKnown, serverFirst)
        case .proved(let user): return end(response, user)
        case .lookUp, .over: preconditionFailure("a response came without a challenge")
        }
    }

    mutating func found(_ keys: SCRAMKeys?, decoy: SCRAMDecoy) -> Step {
        guard case .lookUp(let first) = state else { preconditionFailure("no user lookup was requested") }
        guard let used = keys ?? (try? decoy.keys(for: first.user)) else { return fail(.unavailable) }
        let text = "r=\(first.nonce)\(nonce.text),s=\(Base64.encode(used.salt)),i=\(used.iterations)"
        state = .final(first, used, isKnown: keys != nil, serverFirst: text)
        return .challenge(Array(text.utf8))
    }

    private mutating func first(_ response: [UInt8]) -> Step {
        guard let first = SCRAMClientFirst(response) else { return fail(.malformed) }
        user = first.user
        guard accepts(first.binding) else { return fail(.refused) }
        state = .lookUp(first)
        return .lookUp(user: first.user)
    }

    /// RFC 5802 section 6: a client that supports binding but believes this server does not, although it was offered,
    /// has been deceived by somebody who removed the offer.
    private func accepts(_ flag: SCRAMClientFirst.Binding) -> Bool {
        switch flag {
        case .notSupported: !isPlus
        case .notOffered: !isPlus && binding == nil
        case .used(let name): isPlus && name == ChannelBinding.name
        }
    }

    private mutating func final(
        _ response: [UInt8], _ first: SCRAMClientFirst, _ keys: SCRAMKeys, isKnown: Bool, _ serverFirst: String
    ) -> Step {
        guard let final = SCRAMClientFinal(response) else { return fail(.malformed) }
        let expected = first.header + (isPlus ? binding?.exporter ?? [] : [])
        let isBound = ConstantTime.areEqual(final.binding, expected)
        guard final.nonce == first.nonce + nonce.text else { return fail(.refused) }
        let message = Array("\(first.bare),\(serverFirst),\(final.withoutProof)".utf8)
        do throws(TLSError) {
            let isProved = try Self.proves(final.proof, message, keys)
            guard isProved, isBound, isKnown else { return fail(.refused) }
            state = .proved(user: first.user)
            return .challenge(Array("v=\(Base64.encode(try HMAC.authenticate(message, key: keys.serverKey)))".utf8))
        } catch {
            return fail(.unavailable)
        }
    }

    /// RFC 5802 section 3: the proof is the client's key, masked by a signature that only the holder of the stored key
    /// can remove.
    private static func proves(_ proof: [UInt8], _ message: [UInt8], _ keys: SCRAMKeys) throws(TLSError) -> Bool {
        let signature = try HMAC.authenticate(message, key: keys.storedKey)
        let clientKey = zip(proof, signature).map { $0 ^ $1 }
        return ConstantTime.areEqual(try SHA256.hash(clientKey), keys.storedKey)
    }

    private mutating func end(_ response: [UInt8], _ user: String) -> Step {
        guard response.isEmpty else { return fail(.malformed) }
        state = .over
        return .succeeded(user: user)
    }

    private mutating func fail(_ failure: SASLFailure) -> Step {
        state = .over
        return .failed(failure)
    }
}
