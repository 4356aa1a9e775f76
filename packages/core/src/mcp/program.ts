/** A program that serves tools over its standard input and output: how it ended, and what it said last on its standard error. */
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { printable } from '../terminal-text.ts';
import type { Hide } from './secrets.ts';

/** In characters: enough to hide what is secret before the end of it is cut off. */
const mostKept = 8_000;
const mostShown = 2_000;
/** Node says why it ends in less. */
const mostLines = 20;

export class Program {
  readonly #command: string;
  #said = '';
  #end: string | undefined;

  /** Watches a transport that has not been started. */
  constructor(command: string, transport: StdioClientTransport) {
    this.#command = command;
    const stderr = transport.stderr as Readable | null;
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-mostKept);
    });
    const start = transport.start.bind(transport);
    transport.start = () => {
      const started = start();
      // The transport keeps the process to itself. Where it no longer does, only the exit code is missing.
      const child = Reflect.get(transport, '_process') as ChildProcess | undefined;
      child?.once('exit', (code, signal) => {
        this.#end = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
      });
      return started;
    };
  }

  /** How it has ended, if it has. */
  end(): string | undefined {
    return this.#end && `its program ${JSON.stringify(this.#command)} ${this.#end}`;
  }

  /** The last that it said, each line indented. */
  lastWords(hide: Hide): string {
    const text = hide(printable(stripVTControlCharacters(this.#said))).trimEnd();
    const lines = text.slice(-mostShown).split('\n').slice(-mostLines);
    return text === '' ? '' : `\nThe last lines of its standard error:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  }
}
