import type { Fields } from '../../connector/record-schema.ts'

// Fields as the "Response schema" of each operation has them (docs.github.com/en/rest); the repository is added by us.

const repositoryName: Fields = { repository: ['text', 'The repository, as owner/name.'] }
const times: Fields = { created_at: ['time', 'When it was made.'], updated_at: ['time', 'When it was last changed.'] }
const identity: Fields = { id: ['integer', 'Its id.'], node_id: ['text', "Its id in GitHub's GraphQL API."] }
const conversation: Fields = {
  number: ['integer', 'Its number within the repository; issues and pull requests share one count.'],
  title: ['text', 'Its title.'],
  body: ['text', 'Its text, in Markdown.'],
  state: ['text', 'open or closed.'],
  locked: ['boolean', 'Only members may comment.'],
  user: ['object', 'Who opened it.'],
  labels: ['objects', 'Its labels.'],
  assignees: ['objects', 'Whom it is assigned to.'],
  milestone: ['object', 'The milestone it belongs to.'],
  closed_at: ['time', 'When it was closed.'],
  html_url: ['text', 'Its page.'],
  author_association: ['text', 'What its author is to the repository: OWNER, MEMBER, CONTRIBUTOR, NONE, …'],
}
const remark: Fields = {
  ...repositoryName,
  ...identity,
  body: ['text', 'Its text, in Markdown.'],
  user: ['object', 'Who wrote it.'],
  ...times,
  html_url: ['text', 'Its place on the page.'],
  author_association: ['text', 'What its author is to the repository.'],
  reactions: ['object', 'How often it was reacted to, by kind.'],
}

export const issue: Fields = {
  ...repositoryName,
  ...identity,
  ...conversation,
  ...times,
  comments: ['integer', 'How many comments it has.'],
  state_reason: ['text', 'Why it is in its state: completed, not_planned, reopened, duplicate.'],
  closed_by: ['object', 'Who closed it.'],
  reactions: ['object', 'How often it was reacted to, by kind.'],
  pull_request: ['object', 'There when it is a pull request: to GitHub, each is an issue too.'],
}

export const pull: Fields = {
  ...repositoryName,
  ...identity,
  ...conversation,
  ...times,
  draft: ['boolean', 'Not ready for review.'],
  merged_at: ['time', 'When it was merged.'],
  merge_commit_sha: ['text', 'The commit of its merge, or of a trial merge while it is open.'],
  head: ['object', 'The branch with the changes: label, ref, sha, repo.'],
  base: ['object', 'The branch it goes into.'],
  requested_reviewers: ['objects', 'Who was asked for a review.'],
  requested_teams: ['objects', 'Teams that were asked for a review.'],
  auto_merge: ['object', 'How it is to be merged once it may.'],
}

export const comment: Fields = { ...remark, issue_url: ['text', 'The issue or pull request it is on, in the API.'] }

export const reviewComment: Fields = {
  ...remark,
  pull_request_url: ['text', 'The pull request it is on, in the API.'],
  pull_request_review_id: ['integer', 'The review it is part of.'],
  in_reply_to_id: ['integer', 'The comment it answers.'],
  path: ['text', 'The file it is about.'],
  line: ['integer', 'The line it is about.'],
  diff_hunk: ['text', 'The part of the diff it is about.'],
  commit_id: ['text', 'The commit it is about.'],
}

export const commit: Fields = {
  ...repositoryName,
  sha: ['text', 'Its hash.'],
  node_id: ['text', "Its id in GitHub's GraphQL API."],
  commit: ['object', 'What git knows: author, committer (each with name, email, date), message, tree.'],
  author: ['object', 'The GitHub user with the address of its author.'],
  committer: ['object', 'The GitHub user with the address of its committer.'],
  parents: ['objects', 'The commits before it.'],
  html_url: ['text', 'Its page.'],
}

export const label: Fields = {
  ...repositoryName,
  ...identity,
  name: ['text', 'Its name.'],
  description: ['text', 'What it is for.'],
  color: ['text', 'Its color, as six hexadecimal digits.'],
  default: ['boolean', 'One of those that every repository begins with.'],
}

export const milestone: Fields = {
  ...repositoryName,
  ...identity,
  number: ['integer', 'Its number within the repository.'],
  title: ['text', 'Its title.'],
  description: ['text', 'What it is about.'],
  state: ['text', 'open or closed.'],
  open_issues: ['integer', 'How many of its issues are open.'],
  closed_issues: ['integer', 'How many are closed.'],
  ...times,
  due_on: ['time', 'When it is due.'],
  closed_at: ['time', 'When it was closed.'],
  creator: ['object', 'Who made it.'],
}

export const release: Fields = {
  ...repositoryName,
  ...identity,
  tag_name: ['text', 'Its tag.'],
  target_commitish: ['text', 'The branch or commit that the tag is made of.'],
  name: ['text', 'Its title.'],
  body: ['text', 'What is new.'],
  draft: ['boolean', 'Not published yet.'],
  prerelease: ['boolean', 'Not meant for everybody.'],
  created_at: ['time', 'The time of its commit.'],
  published_at: ['time', 'When it was published.'],
  author: ['object', 'Who made it.'],
  assets: ['objects', 'Its files, with the count of their downloads.'],
  html_url: ['text', 'Its page.'],
}

export const branch: Fields = {
  ...repositoryName,
  name: ['text', 'Its name.'],
  commit: ['object', 'Its latest commit.'],
  protected: ['boolean', 'A rule guards it.'],
}

export const repository: Fields = {
  ...repositoryName,
  ...identity,
  name: ['text', 'Its name.'],
  full_name: ['text', 'owner/name, as it is now.'],
  description: ['text', 'What it is.'],
  owner: ['object', 'Whose it is.'],
  private: ['boolean', 'Only those invited see it.'],
  fork: ['boolean', 'A copy of another one.'],
  archived: ['boolean', 'No longer worked on.'],
  default_branch: ['text', 'The branch that work begins from.'],
  language: ['text', 'The language most of it is in.'],
  topics: ['texts', 'Its topics.'],
  stargazers_count: ['integer', 'How many starred it.'],
  forks_count: ['integer', 'How many copies there are.'],
  open_issues_count: ['integer', 'How many issues and pull requests are open.'],
  ...times,
  pushed_at: ['time', 'When commits last came in.'],
  license: ['object', 'Its licence.'],
}
