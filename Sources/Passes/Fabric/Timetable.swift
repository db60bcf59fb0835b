import Basics

/// When resources are taken, by tasks that come again with a period for ever.
struct Timetable: Sendable {
  /// A task that takes a resource from `start` on for `length` ns, and again after every `period` ns.
  struct Task: Sendable {
    var start: Int
    var length: Int
    var period: Int
  }

  /// The tasks of every resource.
  private(set) var tasks: [[Task]]

  init(resources: Int) { tasks = Array(repeating: [], count: resources) }

  /// Takes the resources.
  mutating func take(_ resources: [FabricResource], _ task: Task) {
    for resource in resources { tasks[resource.index].append(task) }
  }

  /// The earliest start from `ready` on at which a task finds all `resources` free; `nil` if there is none.
  func start(
    of resources: [FabricResource], length: Int, period: Int, ready: Int
  ) -> Int? {
    guard length <= period else { return nil }
    var start = ready
    let end = ready + period
    var unchanged = 0
    var index = 0
    while unchanged < resources.count {
      let next = Self.free(tasks[resources[index].index], length, period, from: start, before: end)
      guard let next else { return nil }
      unchanged = next == start ? unchanged + 1 : 1
      start = next
      index = index + 1 == resources.count ? 0 : index + 1
    }
    return start
  }

  /// The earliest start from `ready` on that joins up with a task of `resource`, so that no gap comes to be, or
  /// `ready` where nothing has taken the resource; `nil` if there is none.
  func joinedStart(
    of resource: FabricResource, length: Int, period: Int, ready: Int
  ) -> Int? {
    let taken = tasks[resource.index]
    guard !taken.isEmpty, length <= period else { return length <= period ? ready : nil }
    var best: Int?
    for task in taken {
      let common = greatestCommonDivisor(task.period, period)
      let distance = (task.start + task.length - ready) % common
      let start = ready + (distance < 0 ? distance + common : distance)
      if let best, start >= best { continue }
      if Self.free(taken, length, period, from: start, before: start + 1) == start { best = start }
    }
    return best
  }

  /// The earliest start from `ready` on, and before `end`, that meets no task.
  private static func free(
    _ tasks: [Task], _ length: Int, _ period: Int, from ready: Int, before end: Int
  ) -> Int? {
    var start = ready
    var unmet = 0
    var index = 0
    while unmet < tasks.count {
      let wait = tasks[index].wait(length, period, start)
      if wait == nil { return nil }
      if let wait, wait > 0 {
        start += wait
        guard start < end else { return nil }
        unmet = 0
      }
      unmet += 1
      index = index + 1 == tasks.count ? 0 : index + 1
    }
    return start
  }
}

extension Timetable.Task {
  /// How long a task that starts at `other` has to wait until it never meets this one; `nil` if it always does.
  func wait(_ otherLength: Int, _ otherPeriod: Int, _ other: Int) -> Int? {
    // Starts of both differ by every multiple of the common divisor at some time.
    let common =
      period == otherPeriod ? period : greatestCommonDivisor(period, otherPeriod)
    guard length + otherLength <= common else { return nil }
    var after = (other - start) % common
    if after < 0 { after += common }
    if after < length { return length - after }
    return after + otherLength > common ? common - after + length : 0
  }
}
