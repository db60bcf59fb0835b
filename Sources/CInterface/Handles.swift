import Basics
import Driver
import Synchronization

/// What a handle stands for.
enum Held: Sendable {
  case network(LibraryNetwork)
  case program(HeldProgram)
  case result(CallResult)
}

/// A program, with its bytes at an address that stays the same.
final class HeldProgram: Sendable {
  let program: LibraryProgram
  init(_ program: LibraryProgram) { self.program = program }
}

/// All handles of the process.
///
/// A handle is a number in the form of an address, which nobody reads, and which is never given twice: so one that has
/// been released, or never was one, is known.
enum Handles {
  private struct State: Sendable {
    var held: [UInt: Held] = [:]
    /// In steps of 16, as addresses of objects are.
    var next: UInt = 0x10
  }

  private static let state = Mutex(State())

  /// A new handle for `object`.
  static func new(_ object: Held) -> OpaquePointer? {
    state.withLock { state in
      let number = state.next
      state.next += 0x10
      state.held[number] = object
      return OpaquePointer(bitPattern: number)
    }
  }

  /// What `handle` stands for; `nil` if it is none.
  static subscript(handle: OpaquePointer?) -> Held? {
    let number = UInt(bitPattern: handle)
    return state.withLock { $0.held[number] }
  }

  /// Forgets `handle` if it stands for what `isMeant` takes.
  static func release(_ handle: OpaquePointer?, _ isMeant: (Held) -> Bool) {
    let number = UInt(bitPattern: handle)
    // The object goes when nobody holds the lock any more: its end may take a while.
    _ = state.withLock { state -> Held? in
      guard let held = state.held[number], isMeant(held) else { return nil }
      return state.held.removeValue(forKey: number)
    }
  }

  /// The network of `handle`.
  static func network(_ handle: OpaquePointer?) -> LibraryNetwork? {
    if case .network(let network)? = self[handle] { network } else { nil }
  }

  /// The program of `handle`.
  static func program(_ handle: OpaquePointer?) -> HeldProgram? {
    if case .program(let program)? = self[handle] { program } else { nil }
  }

  /// The result of `handle`.
  static func result(_ handle: OpaquePointer?) -> CallResult? {
    if case .result(let result)? = self[handle] { result } else { nil }
  }
}
